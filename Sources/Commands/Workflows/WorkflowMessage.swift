import MeshCore
import Schemas

/// What `start`, `signal` and `query` call a method with, for a workflow.
struct WorkflowMessage: Sendable {
    /// The arguments.
    let data: [UInt8]
    /// The workflow's id where no argument carries it. A header has no room for every id: spaces at its ends are cut off, and it has no
    /// control characters.
    private let key: String?

    /// - Parameter id: put into the arguments where the method takes it as one of them and they don't have it: nobody should have to say
    ///   it twice.
    init(_ data: [UInt8], of target: String, id: String?, _ client: RouterClient) async {
        let path = id == nil ? nil : await WorkflowMessage.keyPath(of: target, client)
        guard let id, let path, let node = try? JSONReader.read(String(decoding: data, as: UTF8.self)),
            case .object(let members) = node.value
        else {
            (self.data, key) = (data, id)
            return
        }
        if path.count == 1, node[path[0]] == nil {
            let rest = members.map { ",\(JSONText.string($0.name)):\($0.node.rendered())" }.joined()
            self.data = Array("{\(JSONText.string(path[0])):\(JSONText.string(id))\(rest)}".utf8)
            key = nil
            return
        }
        self.data = data
        // The router refuses two that differ.
        let given = path.reduce(node as JSONNode?) { $0?[$1] }?.text
        key = given == id ? nil : id
    }

    /// `role`: what the method must be, or nothing is called.
    func headers(timeout: Duration? = nil, role: MethodRole) -> [String: String] {
        var headers = [
            "Content-Type": "application/json", "Connect-Protocol-Version": "1", "Mesh-Method-Role": role.rawValue,
        ]
        headers["Mesh-Key"] = key
        headers["Connect-Timeout-Ms"] = timeout.map { String($0.milliseconds) }
        return headers
    }

    /// Where the arguments have the key of a method's calls; nil where there is none, or the routes can't be seen (they want an admin token).
    private static func keyPath(of target: String, _ client: RouterClient) async -> [String]? {
        guard let routes = try? await client.control("GET", "routes") else { return nil }
        for service in routes["services"]?.elements ?? [] where target.hasPrefix(service.text("service") + "/") {
            for method in service["methods"]?.elements ?? [] where method.text("path") == "/" + target {
                return method["key"]?.text.map { $0.split(separator: ".").map(String.init) }
            }
        }
        return nil
    }
}
