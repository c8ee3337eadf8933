import Foundation
import Schemas
import Testing

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
        for name
            in "mesh key state emits handles workflow signal query durable idempotent schedule scheduleOnly auth filters batch deprecated min max length pattern"
            .split(separator: " ")
        {
            #expect(DocumentationTests.page.contains("`@\(name)`"), "\(name)")
        }
    }
}
