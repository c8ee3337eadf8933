import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `POST /api/v1/tokens`: `{"name": …, "roles": […]}`; the token stands in this answer and nowhere else.
    func createToken(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let (name, roles) = try ControlPlane.tokenRequest(request.body)
        let (id, token) = try await stores.admin.createCallerToken(name: name, roles: roles, by: actor)
        return .json(
            JSONWriter.object { writer in
                writer.member("id", String(id))
                writer.member("name", name)
                writer.member("roles", roles)
                writer.member("token", token)
            } + "\n", status: 201)
    }

    /// `GET /api/v1/tokens`: who has one, without the secrets; a page, the newest first.
    func tokens(_ request: HTTPRequest) async throws -> RouterResponse {
        let records = try await stores.admin.tokens(
            before: try before(of: request), limit: try limit(of: request, standard: 1000))
        let body = JSONWriter.object { writer in
            writer.member("tokens") { writer in
                writer.array(records) { writer, token in
                    writer.object { writer in
                        writer.member("id", String(token.id))
                        writer.member("name", token.name)
                        writer.member("administrator", token.roles == nil)
                        writer.member("roles", token.roles ?? [])
                        writer.member("createdAt", token.createdAt.iso8601)
                        writer.member("revokedAt", token.revokedAt?.iso8601)
                    }
                }
            }
        }
        return .json(body + "\n")
    }

    /// `DELETE /api/v1/tokens/{id}`.
    func revokeToken(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let id = try number("id", request)
        switch try await stores.admin.revokeToken(id, by: actor) {
        case .done: break
        case .unknown: throw MeshError(.notFound, "there is no token \(id), or it was taken back already")
        case .last:
            throw MeshError(
                .failedPrecondition,
                "token \(id) is the last one of an administrator; start a router with another WASMESH_TOKEN first")
        }
        return .json(JSONWriter.object { $0.member("id", String(id)) } + "\n")
    }

    static func tokenRequest(_ body: [UInt8]) throws(MeshError) -> (name: String, roles: [String]) {
        var name: String?
        var roles: [String] = []
        do {
            var cursor = try JSONCursor(body)
            try cursor.object { (member, cursor) throws(JSONCursor.Failure) in
                switch member {
                case "name": name = try cursor.string()
                case "roles":
                    try cursor.array { (_, cursor) throws(JSONCursor.Failure) in roles.append(try cursor.string()) }
                default:
                    throw JSONCursor.Failure(
                        message: "the member '\(member.shortened)' isn't known", offset: cursor.offset)
                }
            }
            try cursor.end()
        } catch {
            throw MeshError(.invalidRequest, "the body is {\"name\": …, \"roles\": […]}: \(error)")
        }
        guard let name, (1...128).contains(name.utf8.count) else {
            throw MeshError(.invalidRequest, "name says whose token it is, in 1 to 128 bytes")
        }
        guard roles.count <= 64, roles.allSatisfy({ (1...64).contains($0.utf8.count) }) else {
            throw MeshError(.invalidRequest, "roles are at most 64 names of 1 to 64 bytes")
        }
        guard Principal(name: name, roles: roles) != nil else {
            throw MeshError(
                .invalidRequest,
                "name and roles go with each call of the token, so that they have no zero bytes and take at most \(Principal.maximumBytes) bytes as JSON"
            )
        }
        return (name, roles)
    }
}
