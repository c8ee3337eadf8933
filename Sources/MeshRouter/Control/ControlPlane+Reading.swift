import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `GET /api/v1/calls/{id}`: what became of a call whose answer is kept.
    func call(_ request: HTTPRequest) async throws -> RouterResponse {
        let id = try parameter("id", request)
        switch try await stores.ingress.results(of: [id])[id] {
        case .unknown, nil:
            throw MeshError(
                .notFound,
                "no answer is kept for a call '\(id.shortened)': answers are kept for calls with Prefer: respond-async or Idempotency-Key, for a day"
            )
        case .pending(let since):
            return .json(
                JSONWriter.object { writer in
                    writer.member("id", id)
                    writer.member("state", "pending")
                    writer.member("since", since.iso8601)
                } + "\n", headers: [HeaderField("Retry-After", "1")])
        case .done(let result, let at):
            let data = String(decoding: result.data, as: UTF8.self)
            return .json(
                JSONWriter.object { writer in
                    writer.member("id", id)
                    writer.member("state", result.status == .ok ? "done" : "failed")
                    writer.member("at", at.iso8601)
                    writer.member(result.status == .ok ? "answer" : "error", json: data)
                } + "\n")
        }
    }
}
