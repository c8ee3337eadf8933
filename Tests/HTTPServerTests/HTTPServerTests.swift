import HTTPServer
import Testing

/// Lends a server on a free port, and stops it afterwards.
func withServer<Result>(
    _ change: (inout HTTPServer.Configuration) -> Void = { _ in }, handler: @escaping HTTPServer.Handler,
    _ body: (HTTPServer, String) async throws -> Result
) async throws -> Result {
    var configuration = HTTPServer.Configuration()
    change(&configuration)
    let server = try HTTPServer(configuration, handler: handler)
    do {
        let result = try await body(server, "http://127.0.0.1:\(server.port)")
        await server.stop(drainWithin: .zero)
        return result
    } catch {
        await server.stop(drainWithin: .zero)
        throw error
    }
}

@Suite struct HTTPServerTests {
    @Test func `a request arrives whole and its answer as the handler made it`() async throws {
        let handler: HTTPServer.Handler = { request in
            HTTPResponse(
                status: 201, headers: ["X-Seen": request.headers["x-thing"] ?? "none"],
                body: Array("\(request.method) \(request.path) \(request.query("q") ?? "") ".utf8) + request.body)
        }
        try await withServer(handler: handler) { _, url in
            let answer = try await HTTPClient().request(
                "POST", "\(url)/a%20b/c?q=x%26y", headers: ["X-Thing": "yes"], body: Array("hello".utf8))
            #expect(answer.status == 201)
            #expect(answer.headers["x-seen"] == "yes")
            #expect(answer.text == "POST /a b/c x&y hello")
        }
    }
}
