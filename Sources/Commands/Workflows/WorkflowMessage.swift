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
        let rule = id == nil ? nil : await MethodKey(of: target, client)
        guard let id, let rule, let node = try? JSONReader.read(String(decoding: data, as: UTF8.self)),
            case .object(let members) = node.value
        else {
            (self.data, key) = (data, id)
            return
        }
        if rule.path.count == 1, node[rule.path[0]] == nil {
            let rest = members.map { ",\(JSONText.string($0.name)):\($0.node.rendered())" }.joined()
            self.data = Array("{\(JSONText.string(rule.path[0])):\(JSONText.string(id))\(rest)}".utf8)
            key = nil
            return
        }
        self.data = data
        // The router refuses two that differ; byte for byte, as keys do.
        key = rule.text(in: node)?.utf8.elementsEqual(id.utf8) == true ? nil : id
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
}
