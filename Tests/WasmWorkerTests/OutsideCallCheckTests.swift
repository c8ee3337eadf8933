import Schemas
import Testing
import Workflows

@testable import WasmWorker

/// What a workflow asks of `mesh.Http`, before it is stored.
@Suite struct `A call to the outside that a workflow asks for` {
    private func check(_ data: String, key: String? = nil) throws -> CallDecision {
        let catalog = try UnusedCode.shop()
        let service = try #require(catalog.services["shop.Orders"])
        return BoundCode(service: service, catalog: catalog)
            .checkCall(target: OutsideService.fetch, key: key, data: Array(data.utf8))
    }

    private let request = #"{"request":{"method":"GET","url":"https://api.example.com/v1"}}"#

    @Test func `it is checked against the schema of the service that the mesh offers`() throws {
        guard case .accepted(let target) = try check(request) else {
            Issue.record("it wasn't accepted")
            return
        }
        #expect(target.key == nil && target.role == .handler)
        guard case .invalid(let problem) = try check(#"{"request":{"method":"BREW","url":"https://a.example"}}"#) else {
            Issue.record("it wasn't refused")
            return
        }
        #expect(problem.hasPrefix("mesh.Http/fetch: request.method"))
    }

    @Test func `one with a key is refused`() throws {
        guard case .invalid(let problem) = try check(request, key: "k") else {
            Issue.record("it wasn't refused")
            return
        }
        #expect(problem == "mesh.Http/fetch: a call to the outside has no key")
    }
}
