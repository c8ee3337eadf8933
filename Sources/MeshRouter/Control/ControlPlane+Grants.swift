import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `GET /api/v1/grants`: what services may do outside, and who allowed it.
    func grants(_ request: HTTPRequest) async throws -> RouterResponse {
        let records = try await stores.admin.grants(of: request.query.first { $0.name == "service" }?.value)
        let body = JSONWriter.object { writer in
            writer.member("grants") { writer in
                writer.array(records) { writer, grant in
                    writer.object { writer in
                        writer.member("service", grant.service)
                        writer.member("capability", grant.capability)
                        writer.member("grantedBy", grant.grantedBy)
                        writer.member("grantedAt", grant.grantedAt.iso8601)
                    }
                }
            }
        }
        return .json(body + "\n")
    }

    /// `POST /api/v1/grants?service=…&capability=…`: allows it; granting again changes nothing.
    func addGrant(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let (service, capability) = try ControlPlane.grant(request.query)
        let isNew = try await stores.admin.grant(capability, to: service, by: actor)
        let isDeployed = routing.current.table.service(service) != nil
        return .json(
            JSONWriter.object { writer in
                writer.member("service", service)
                writer.member("capability", capability.description)
                writer.member("added", isNew)
                writer.member("deployed", isDeployed)
            } + "\n", status: isNew ? 201 : 200)
    }

    /// `DELETE /api/v1/grants?service=…&capability=…`
    func revokeGrant(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let (service, capability) = try ControlPlane.grant(request.query)
        guard try await stores.admin.revoke(capability, of: service, by: actor) else {
            throw MeshError(.notFound, "\(service.shortened) has no grant \(capability.description.shortened)")
        }
        return .json(
            JSONWriter.object { writer in
                writer.member("service", service)
                writer.member("capability", capability.description)
            } + "\n")
    }

    private static func grant(
        _ query: [HTTPRequest.QueryItem]
    ) throws(MeshError) -> (service: String, capability: Capability) {
        func parameter(_ name: String) throws(MeshError) -> String {
            guard let value = query.first(where: { $0.name == name })?.value, !value.isEmpty else {
                throw MeshError(.invalidRequest, "the parameter \(name) is missing")
            }
            return value
        }
        let service = try parameter("service")
        guard service.utf8.count <= 256, service.contains("."), !service.contains("/") else {
            throw MeshError(.invalidRequest, "'\(service.shortened)' isn't a service; write namespace.Service")
        }
        let text = try parameter("capability")
        guard text.utf8.count <= 1024 else {
            throw MeshError(.invalidRequest, "a capability has at most 1024 bytes, and this one \(text.utf8.count)")
        }
        return (service, try Capability(text))
    }
}
