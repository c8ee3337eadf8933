import HTTPServer
import Synchronization

/// Lends a server on a free port, and stops it afterwards.
func withServer<Result>(
    _ change: (inout HTTPServer.Configuration) -> Void = { _ in },
    onError: @escaping HTTPServer.ErrorHook = HTTPServer.internalError, handler: @escaping HTTPServer.Handler,
    _ body: (HTTPServer, String) async throws -> Result
) async throws -> Result {
    var configuration = HTTPServer.Configuration()
    change(&configuration)
    let server = try HTTPServer(configuration, onError: onError, handler: handler)
    do {
        let result = try await body(server, "http://127.0.0.1:\(server.port)")
        await server.stop(drainWithin: .zero)
        return result
    } catch {
        await server.stop(drainWithin: .zero)
        throw error
    }
}

/// Says what it got.
let echo: HTTPServer.Handler = { request in
    HTTPResponse(
        headers: ["X-Seen": request.headers["x-thing"] ?? "none"],
        body: Array("\(request.method) \(request.path) ".utf8) + request.body)
}

/// Handlers that wait here go on when it is opened.
final class Gate: Sendable {
    private let continuations = Mutex<(waiting: [CheckedContinuation<Void, Never>], count: Int)>(([], 0))

    /// How many have waited so far.
    var count: Int { continuations.withLock { $0.count } }

    func wait() async {
        await withCheckedContinuation { continuation in
            continuations.withLock {
                $0.waiting.append(continuation)
                $0.count += 1
            }
        }
    }

    /// Lets those who wait go on.
    func open() {
        let waiting = continuations.withLock { gate in
            defer { gate.waiting = [] }
            return gate.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
