internal import Foundation

/// The inputs that are kept for a target: `Corpora/<target>.corpus`, what the fuzzer has found to reach something new, and
/// `Found/<target>/…`, what once broke something.
package enum Corpus {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// Many small inputs in one file: the length of each in four bytes, little-endian, before its bytes.
    package static func kept(_ target: FuzzTarget) -> [[UInt8]] {
        let file = directory.appendingPathComponent("Corpora/\(target.name).corpus")
        guard let data = try? Data(contentsOf: file) else { return [] }
        let bytes = Array(data)
        var inputs: [[UInt8]] = []
        var at = 0
        while at + 4 <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
            guard at + 4 + length <= bytes.count else { break }
            inputs.append(Array(bytes[(at + 4)..<(at + 4 + length)]))
            at += 4 + length
        }
        return inputs
    }

    /// By file name.
    package static func found(_ target: FuzzTarget) -> [(name: String, input: [UInt8])] {
        files(directory.appendingPathComponent("Found/\(target.name)"))
    }

    /// The schemas of the compiler's tests.
    static let schemas: [[UInt8]] = ["good", "bad"].flatMap { folder in
        files(directory.appendingPathComponent("../SchemasTests/Corpus/\(folder)").standardizedFileURL).map(\.input)
    }

    private static func files(_ folder: URL) -> [(name: String, input: [UInt8])] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appendingPathComponent(name))).map { (name, Array($0)) }
        }
    }
}
