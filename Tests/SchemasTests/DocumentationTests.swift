import Foundation
import Testing

@testable import Schemas

/// docs/schema-language.md says what is so.
@Suite struct DocumentationTests {
    private static let page: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? String(contentsOf: root.appending(path: "docs/schema-language.md"), encoding: .utf8)) ?? ""
    }()

    static let examples = page.split(separator: "```graphql\n").dropFirst().compactMap { part in
        part.range(of: "```").map { String(part[..<$0.lowerBound]) }
    }

    /// The rows of the table under "Errors": document and message.
    static let errors =
        page.split(separator: "| written | error |").last.map(String.init)?
        .split(separator: "\n").dropFirst().prefix { $0.hasPrefix("| ") }
        .map { row in row.dropFirst(2).dropLast(2).split(separator: " | ", maxSplits: 1).map(String.init) } ?? []

    @Test func `the page is there`() {
        #expect(DocumentationTests.examples.count >= 3 && DocumentationTests.errors.count >= 10)
    }

    @Test(arguments: examples) func `an example compiles`(example: String) throws {
        _ = try schema(example, identity: example.contains("@mesh(") ? "" : "@mesh(namespace: \"t\", version: \"1\")\n")
    }

    @Test(arguments: errors) func `an error is told as the page says`(row: [String]) throws {
        try #require(row.count == 2)
        let found = SchemasTests.errors(in: row[0].trimmingCharacters(in: ["`"]))
        #expect(found.contains { $0.contains(row[1].trimmingCharacters(in: .whitespaces)) }, "\(found)")
    }

    @Test func `each scalar and each decorator is on the page`() {
        for scalar in Scalar.allCases {
            #expect(DocumentationTests.page.contains("| `\(scalar.rawValue)` |"), "\(scalar)")
        }
        for decorator in DecoratorCatalogue.all {
            #expect(DocumentationTests.page.contains("`@\(decorator.name)`"), "\(decorator.name)")
        }
    }

    /// The rows of the table under "Decorators" that are about `name`; `@min` and `@max` share one.
    private func rows(of name: String) -> [Substring] {
        DocumentationTests.page.split(separator: "\n").filter {
            $0.hasPrefix("| `@") && ($0.dropFirst(2).split(separator: "|").first ?? "").contains("`@\(name)`")
        }
    }

    @Test(arguments: DecoratorCatalogue.all.filter { $0.refusal == nil })
    func `a decorator's row names each of its arguments`(decorator: DecoratorSpecification) {
        let rows = rows(of: decorator.name)
        #expect(!rows.isEmpty)
        // That of a bound or a pattern is given without its name.
        guard !["value", "regex"].contains(decorator.parameters.first?.name) else { return }
        for parameter in decorator.parameters {
            #expect(rows.contains { $0.contains("`\(parameter.name)`") }, "\(parameter.name)")
            if case .choice(let words) = parameter.kind {
                for word in words { #expect(rows.contains { $0.contains("`\"\(word)\"`") }, "\(word)") }
            }
        }
    }

    @Test func `each decorator whose first argument needs no name is said to be one`() throws {
        let sentence = try #require(
            DocumentationTests.page.firstMatch(of: /The first argument of ([^.]*) needs no name/))
        let named = Set(sentence.output.1.matches(of: /@([a-zA-Z]+)/).map { String($0.output.1) })
        #expect(named == Set(DecoratorCatalogue.all.filter(\.takesPosition).map(\.name)))
    }

    @Test func `the bounds of each argument are on the page`() {
        for decorator in DecoratorCatalogue.all {
            for parameter in decorator.parameters {
                let bounds: (String, String)
                switch parameter.kind {
                case .wholeNumber(let range): bounds = ("\(range.lowerBound)", "\(range.upperBound)")
                case .duration(let range):
                    bounds = (DurationText.render(range.lowerBound), DurationText.render(range.upperBound))
                case .byteCount(let range):
                    bounds = (ByteCountText.render(range.lowerBound), ByteCountText.render(range.upperBound))
                case .text, .number, .texts, .choice, .object: continue
                }
                let row = DocumentationTests.page.split(separator: "\n").contains {
                    $0.contains("`\(parameter.name)`") && $0.contains(" of `@\(decorator.name)` |")
                        && $0.hasSuffix("| \(bounds.0) | \(bounds.1) |")
                }
                #expect(row, "\(parameter.name) of \(decorator.name): \(bounds)")
            }
        }
    }
}
