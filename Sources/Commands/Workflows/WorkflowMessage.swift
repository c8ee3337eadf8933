import MeshCore
import Schemas

/// The calls that `start`, `signal` and `query` make.
enum WorkflowMessage {
    /// `role`: what the method must be, or nothing is called.
    static func headers(id: String?, timeout: Duration? = nil, role: MethodRole) -> [String: String] {
        var headers = [
            "Content-Type": "application/json", "Connect-Protocol-Version": "1", "Mesh-Method-Role": role.rawValue,
        ]
        headers["Mesh-Key"] = id
        headers["Connect-Timeout-Ms"] = timeout.map { String($0.milliseconds) }
        return headers
    }

    /// The arguments, with the workflow's id where the method takes it as one of them and they don't have it: nobody should have to say it twice.
    static func data(
        _ data: [UInt8], of target: String, id: String?, _ client: RouterClient
    ) async throws(CommandFailure) -> [UInt8] {
        guard let id, let node = try? JSONReader.read(String(decoding: data, as: UTF8.self)),
            case .object(let members) = node.value, let name = await keyArgument(of: target, client),
            node[name] == nil
        else { return data }
        let rest = members.map { ",\(JSONText.string($0.name)):\($0.node.rendered())" }.joined()
        return Array("{\(JSONText.string(name)):\(JSONText.string(id))\(rest)}".utf8)
    }

    /// The argument that is the key of a method's calls; nil where there is none, or the routes can't be seen (they want an admin token).
    private static func keyArgument(of target: String, _ client: RouterClient) async -> String? {
        guard let routes = try? await client.control("GET", "routes") else { return nil }
        for service in routes["services"]?.elements ?? [] where target.hasPrefix(service.text("service") + "/") {
            for method in service["methods"]?.elements ?? [] where method.text("path") == "/" + target {
                guard let key = method["key"]?.text, !key.contains(".") else { return nil }
                return key
            }
        }
        return nil
    }
}
