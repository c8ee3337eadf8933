import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `GET /api/v1/delayed-sends`: calls that are sent later, the next ones first.
    func delayedSends(_ request: HTTPRequest) async throws -> RouterResponse {
        let records = try await stores.admin.delayedSends(
            to: request.query("service"), method: request.query("method"), key: request.query("key"),
            limit: try limit(of: request))
        let body = JSONWriter.object { writer in
            writer.member("delayedSends") { writer in
                writer.array(records) { writer, record in
                    writer.object { writer in
                        writer.member("id", record.id)
                        writer.member("due", record.due.iso8601)
                        writer.member("method", record.method)
                        writer.member("key", record.key)
                        writer.member("source", record.source)
                        writer.member("principal", record.principal)
                        writer.member("createdAt", record.createdAt.iso8601)
                    }
                }
            }
        }
        return .json(body + "\n")
    }

    /// `DELETE /api/v1/delayed-sends/{id}`: takes one back.
    func cancelDelayedSend(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let id = try parameter("id", request)
        guard try await stores.admin.cancelDelayedSend(id, by: actor) else {
            throw MeshError(.notFound, "no call '\(id.shortened)' is to be sent later, or it is on its way already")
        }
        return .json(JSONWriter.object { $0.member("id", id) } + "\n")
    }
}
