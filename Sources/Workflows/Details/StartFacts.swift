package import MeshCore
import Wasm

/// How a workflow began: the `details` of `started`, carried from run to run.
package struct StartFacts: Sendable, Equatable {
    /// Who called its method.
    package var caller: WorkflowCaller
    package var source: String
    /// The service that called, nil from outside.
    package var service: String?
    /// Who started it over HTTP, where a token said so: of each run, and of a restart too.
    package var principal: Principal?
    /// The SHA-256 of the first run's input in its canonical form, in hexadecimal: what a second start is compared with.
    package var inputDigest: String
    /// The runs that it was reset from: answers to their first operations are for this run too.
    package var resets: [Reset] = []
    /// The run that the code believes to be in, after a reset: random numbers follow from it. Nil where it is the run itself.
    package var codeRun: Int32?
    /// Tells this life of the workflow's id from others, before it and after its retention; nil where it began before that was recorded.
    package var life: String?
    /// Who ordered the restart that this run began by; nil where it began otherwise.
    package var restartedBy: String?

    package struct Reset: Sendable, Equatable {
        package var run: Int32
        package var operations: Int32
    }

    package init(of call: Message) {
        caller = WorkflowCaller(of: call)
        source = call.source
        service = call.extensions.caller
        principal = call.extensions.principal
        inputDigest = StartFacts.digest(of: call.data)
        life = StartFacts.life(of: call)
    }

    /// The life that begins by a message.
    static func life(of message: Message) -> String { String(SHA256.hex(Array(message.id.utf8)).prefix(12)) }

    /// Goes on by an operator's order: nobody waits for the end any more, all who did have had their answers.
    mutating func restart(by order: Message) {
        caller = WorkflowCaller(
            callID: order.id, callType: caller.callType, traceparent: caller.traceparent)
        if source.isEmpty { source = order.source }
        restartedBy = order.source
    }

    /// A name within the workflow `id` that no other life of that has: `order-1/1.3-9f86d081884c`.
    func name(_ part: String, of id: String) -> String { "\(id)/\(part)" + (life.map { "-\($0)" } ?? "") }

    package var json: [UInt8] {
        var members = caller.members
        members.append("\"source\":\(JSONText.string(source))")
        if let service { members.append("\"service\":\(JSONText.string(service))") }
        if let principal { members.append("\"principal\":\(principal.text)") }
        members.append("\"inputDigest\":\"\(inputDigest)\"")
        if !resets.isEmpty {
            let list = resets.map { "\($0.run):\($0.operations)" }.joined(separator: ",")
            members.append("\"resets\":\"\(list)\"")
        }
        if let life { members.append("\"life\":\(JSONText.string(life))") }
        if let codeRun { members.append("\"codeRun\":\(codeRun)") }
        if let restartedBy { members.append("\"restartedBy\":\(JSONText.string(restartedBy))") }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    package init?(json: [UInt8]?) {
        guard let json, let members = JSONMembers(json), let caller = WorkflowCaller(members) else { return nil }
        self.caller = caller
        source = members.string("source") ?? ""
        service = members.string("service")
        principal = members.raw("principal").flatMap { Principal($0) }
        inputDigest = members.string("inputDigest") ?? ""
        resets = (members.string("resets") ?? "").split(separator: ",").compactMap { pair in
            let numbers = pair.split(separator: ":").compactMap { Int32($0) }
            return numbers.count == 2 ? Reset(run: numbers[0], operations: numbers[1]) : nil
        }
        life = members.string("life")
        codeRun = members.raw("codeRun").flatMap { Int32($0) }
        restartedBy = members.string("restartedBy")
    }

    /// The digest of what JSON text says, however it is written.
    package static func digest(of input: [UInt8]) -> String { SHA256.hex(CanonicalJSON.text(of: input)) }

    /// Whether it began with this input. Digests that were made before members that are null were left out are known as well.
    func began(with input: [UInt8]) -> Bool {
        inputDigest == StartFacts.digest(of: input)
            || inputDigest == SHA256.hex(CanonicalJSON.text(of: input, keepsNulls: true))
    }
}
