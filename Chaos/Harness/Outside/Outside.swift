internal import Foundation
internal import HTTPServer
internal import Synchronization

/// Somebody else's server, which workflows tell of their transfers: it is slow, busy and out of order now and then, and remembers who has asked.
final class Outside: Sendable {
    private struct State {
        var visits: [OutsideBooks.Visit] = []
        var random: SeededGenerator
    }

    private let server: HTTPServer
    private let state: Outside.Memory

    /// Where it is; below it are the places of `OutsideBooks.Manner`.
    var url: String { "http://127.0.0.1:\(server.port)" }
    /// All that have come so far.
    var visits: [OutsideBooks.Visit] { state.value.withLock { $0.visits } }

    init(seed: UInt64) throws {
        let state = Memory(seed: seed)
        self.state = state
        server = try HTTPServer(HTTPServer.Configuration()) { request in
            let temper = state.note(request)
            if let wait = temper.wait { try? await Task.sleep(for: wait) }
            return temper.response
        }
    }

    func stop() async { await server.stop(drainWithin: .zero) }

    /// How it answers one request.
    private struct Temper {
        var response: HTTPResponse
        var wait: Duration?
    }

    /// What the server's handler and the server's owner share.
    private final class Memory: Sendable {
        let value: Mutex<State>

        init(seed: UInt64) { value = Mutex(State(random: SeededGenerator(seed: seed))) }

        /// Remembers a request as it comes, whatever becomes of its answer.
        func note(_ request: HTTPRequest) -> Temper {
            value.withLock { state in
                let temper = Memory.temper(Double.random(in: 0..<1, using: &state.random))
                state.visits.append(
                    OutsideBooks.Visit(
                        path: request.path, key: request.headers["Idempotency-Key"] ?? "",
                        isAnswered: temper.response.status == 200))
                return temper
            }
        }

        private static func temper(_ chance: Double) -> Temper {
            switch chance {
            case ..<0.80: Temper(response: .text("heard\n"))
            case ..<0.87: Temper(response: .text("out of order\n", status: 503))
            case ..<0.94:
                Temper(response: HTTPResponse(status: 429, headers: ["Retry-After": "1"], body: Array("busy\n".utf8)))
            // Longer than the guest gives one attempt: it has the request, and the workflow doesn't know.
            default: Temper(response: .text("heard\n"), wait: .milliseconds(2500))
            }
        }
    }
}
