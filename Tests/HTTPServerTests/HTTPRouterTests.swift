import HTTPServer
import Testing

@Suite struct HTTPRouterTests {
    private let router: HTTPRouter = {
        var router = HTTPRouter()
        router.on("GET", "/services/{name}") { .text("service \($0.parameters["name"] ?? "?")") }
        router.on("GET", "/services/all") { _ in .text("all") }
        router.on("POST", "/services/{name}") { _ in .text("posted") }
        router.on("POST", "/{service}/{method}") {
            .text("\($0.parameters["service"] ?? "?").\($0.parameters["method"] ?? "?")")
        }
        router.on("GET", "/") { _ in .text("root") }
        return router
    }()

    private func answer(_ method: String, _ path: String) async throws -> (Int, String, String?) {
        let response = try await router.handle(HTTPRequest(method: method, path: path))
        return (response.status, String(decoding: response.body, as: UTF8.self), response.headers["allow"])
    }

    @Test(arguments: [
        ("GET", "/services/shop", "service shop"), ("GET", "/services/all", "all"),
        ("GET", "/services/a%2Fb", "service a/b"), ("GET", "/services/shop/", "service shop"),
        ("POST", "/services/all", "posted"), ("POST", "/shop.Orders/place", "shop.Orders.place"), ("GET", "/", "root"),
        ("HEAD", "/services/all", "all"),
    ])
    func `a request finds its handler`(_ method: String, _ path: String, _ body: String) async throws {
        let (status, text, _) = try await answer(method, path)
        #expect(status == 200)
        #expect(text == body)
    }

    @Test func `an unknown path is 404`() async throws {
        for path in ["/nothing", "/services", "/services/a/b", "//services/all", "/services//all", "/services/all//"] {
            let (status, _, allow) = try await answer("GET", path)
            #expect(status == 404)
            #expect(allow == nil)
        }
    }

    @Test func `a method that a path doesn't have is 405 with those it has`() async throws {
        let (status, _, allow) = try await answer("DELETE", "/services/shop")
        #expect(status == 405)
        #expect(allow == "GET, HEAD, POST")
    }
}
