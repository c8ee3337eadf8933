import Foundation
import Testing
import Schemas

/// The documents under `Tests/SchemasTests/Corpus`: `good` ones are accepted, `bad` ones refused as their first lines say.
enum Corpus {
    struct Document: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String

        var source: SchemaSource { SchemaSource(path: name, text: text) }
        var testDescription: String { name }
    }

    /// One `# expect line N: …` of a refused document.
    struct Expectation {
        var line: Int
        /// What the message must contain.
        var words: [String]
    }

    static let good = documents(in: "good")
    static let bad = documents(in: "bad")

    private static func documents(in folder: String) -> [Document] {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/\(folder)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path())) ?? []
        return names.sorted().map { name in
            Document(
                name: name, text: (try? String(contentsOf: directory.appending(path: name), encoding: .utf8)) ?? "")
        }
    }

    static func expectations(of document: Document) -> [Expectation] {
        document.text.split(whereSeparator: \.isNewline).prefix { $0.hasPrefix("# expect line ") }.compactMap { line in
            let parts = line.dropFirst("# expect line ".count).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let number = Int(parts[0]) else { return nil }
            let words = parts[1].split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            return Expectation(line: number, words: words)
        }
    }
}
