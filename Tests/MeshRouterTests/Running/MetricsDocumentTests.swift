import Foundation
import HTTPServer
import TestSupport
import Testing

/// docs/operations.md lists what a router's `/metrics` has.
@Suite struct MetricsDocumentTests {
    @Test func `the page lists each metric of a router, and no other`() async throws {
        let page = try String(contentsOfFile: "\(TestEnvironment.checkout)/docs/operations.md", encoding: .utf8)
        let start = try #require(page.range(of: "The router's metrics:")).upperBound
        let end = try #require(page.range(of: "A worker's:")).lowerBound
        // Where two share a row, the second one's beginning is left out.
        let listed = Set(
            page[start..<end].matches(of: /`(?:wasmesh_router|…)(_[a-z_]+)/).map { "wasmesh_router\($0.output.1)" })
        try await withRouter(schemas: []) { mesh in
            let text = try await mesh.get("/metrics").text
            let given = Set(text.matches(of: /TYPE ([a-z_]+) (?:counter|gauge|histogram)/).map { String($0.output.1) })
            #expect(given == listed)
        }
    }
}
