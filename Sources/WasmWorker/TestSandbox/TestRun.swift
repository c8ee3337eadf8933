import MeshCore
import Outbox
import Wasm

/// One execution that a test asks for.
struct TestRun {
    /// `shop.Orders/place`
    var target: String
    var service: String
    var method: String
    var id: String
    var key: String
    var caller: String?
    var principal: Principal?
    var source: String
    var traceparent: String?
    /// From 1.
    var attempt: Int
    var deadline: Timestamp?
    var now: Timestamp
    var data: [UInt8]
    var state: [UInt8]?
    /// Of a workflow, from 1; nil for a handler.
    var workflowRun: Int32?
    var seed: [UInt8]
    var configuration: [String: String]

    /// Nil where it isn't one.
    init?(_ node: JSONNode) {
        guard let target = node["run"]?.text, let slash = target.firstIndex(of: "/") else { return nil }
        self.target = target
        service = String(target[..<slash])
        method = String(target[target.index(after: slash)...])
        id = node.text("id")
        key = node.text("key")
        caller = node["caller"]?.text
        principal = node["principal"]?.text.flatMap { Principal($0) }
        source = node.text("source")
        traceparent = node["traceparent"]?.text
        attempt = Int(node.text("attempt")) ?? 1
        deadline = Int64(node.text("deadline")).map { Timestamp(microseconds: $0) }
        now = Timestamp(microseconds: Int64(node.text("now")) ?? 0)
        data = Array(node.text("data").utf8)
        state = node["state"]?.text.map { Array($0.utf8) }
        workflowRun = Int32(node.text("workflowRun"))
        seed = Array(node.text("seed").utf8)
        configuration = Dictionary(
            (node["config"]?.members ?? []).compactMap { member in member.node.text.map { (member.name, $0) } },
            uniquingKeysWith: { $1 })
    }

    func request(_ method: MethodBinding, hasState: Bool) -> GuestRequest {
        GuestRequest(
            method: method.guestName, data: data,
            facts: MessageFacts(
                id: id, key: key, type: target, source: source, caller: caller, principal: principal?.text,
                traceparent: traceparent, attempt: attempt, deadline: deadline, service: service),
            now: now, randomSecret: seed, hasState: hasState, state: state, limits: method.limits)
    }

    /// The same as the worker's own unit of work, by which it judges how a handler ended.
    func execution(_ method: MethodBinding) -> Execution {
        let message = Message(
            id: id, type: target, source: source, time: now, key: key, data: data,
            extensions: MessageExtensions(traceparent: traceparent, caller: caller, principal: principal))
        let key = StateKey(service: service, key: key)
        return Execution(
            source: .look, handler: method.handler, message: message, orderKey: key, stateKey: key, attempt: attempt,
            firstRunAt: now, offset: -1)
    }
}
