import Mesh
import Testing

@testable import Workflows

@Suite struct CallingTheOutside {
    private let test = WorkflowTest(MeshModule.self)

    private func shop() throws -> URL { try #require(URL("https://shop.example")) }

    @Test func `an answer from outside is recorded like any other`() throws {
        test.answer(HTTPRequest.target) { call in
            #expect(call.arguments["request"]?["url"]?.string == "https://shop.example")
            return HTTPResponse(body: "hello")
        }
        #expect(try test.run(Outside.ask(id: "a", url: shop())) == "hello")
        #expect(
            test.journal(of: "a").map(\.description) == [
                "started examples.Outside/ask", "call mesh.Http/fetch [ask]", "answered mesh.Http/fetch", "completed",
            ])
    }

    @Test func `a GET that nobody answers is tried three times again, and no longer`() throws {
        test.fail(HTTPRequest.target, with: .unavailable("nobody answers"))
        let error = #expect(throws: MeshError.self) { try test.run(Outside.ask(id: "a", url: shop())) }
        #expect(error?.code == "PROVIDER_UNAVAILABLE")
        #expect(test.journal(of: "a").filter { $0.kind == .retried }.count == 3)
    }

    @Test func `a status that isn't one of success says so`() throws {
        test.answer(HTTPRequest.target) { _ in HTTPResponse(status: 404, body: "no such page") }
        let error = #expect(throws: MeshError.self) { try test.run(Outside.ask(id: "a", url: shop())) }
        #expect(error?.code == "FAILED_PRECONDITION" && error?.details?["body"]?.string == "no such page")
    }

    @Test func `a shop that has nothing left gets its order taken back, and secrets are only named`() throws {
        test.answer(HTTPRequest.target) { call in
            let request = call.arguments["request"]
            #expect(request?["headers"]?.jsonText.contains("{{secret:shop-token}}") == true)
            return HTTPResponse(status: request?["method"]?.string == "POST" ? 409 : 200)
        }
        let error = #expect(throws: MeshError.self) {
            try test.run(Outside.order(id: "b", shop: shop(), item: "kite"))
        }
        #expect(error?.code == "FAILED_PRECONDITION")
        let calls = test.journal(of: "b").filter { $0.kind == .call }
        #expect(
            calls.map(\.description) == [
                "call mesh.Http/fetch [order kite]", "call mesh.Http/fetch", "call mesh.Http/fetch [undo order kite]",
            ])
    }
}
