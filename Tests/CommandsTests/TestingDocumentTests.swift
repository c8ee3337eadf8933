import Foundation
import TestSupport
import Testing

/// docs/testing.md names the tests that hold each promise.
@Suite struct TestingDocumentTests {
    /// A test that the page names, and the file in which it says that it is.
    struct Named: Sendable, CustomTestStringConvertible {
        let file: String
        let sentences: [String]
        var testDescription: String { file }
    }

    /// The rows `| … | `a sentence`, `another` | MeshRouterTests/Running/CallTests |`.
    static let named: [Named] = {
        let page = (try? String(contentsOfFile: TestEnvironment.checkout + "/docs/testing.md", encoding: .utf8)) ?? ""
        return page.matches(of: /(?m)^\|.*\| (.*`.*) \| ([A-Z][A-Za-z]+Tests\/[A-Za-z\/]+) \|$/).map { row in
            Named(
                file: String(row.output.2),
                sentences: row.output.1.matches(of: /`([^`]+ [^`]+)`/).map { String($0.output.1) })
        }
    }()

    @Test func `the page names tests`() { #expect(Self.named.flatMap(\.sentences).count > 40) }

    @Test(arguments: named) func `a test that the page names is where it says`(named: Named) throws {
        let file = TestEnvironment.checkout + "/Tests/" + named.file + ".swift"
        let source = try String(contentsOfFile: file, encoding: .utf8)
        for sentence in named.sentences where !sentence.hasPrefix("mesh.") {
            #expect(source.contains("`\(sentence)`"), "\(sentence)")
        }
    }
}
