import MeshCore
import Outbox
import Wasm
import Workflows

/// The `ce_type`s of messages that only workflows and schedules take.
enum WorkflowMessage {
    static let answer = "mesh.answer"
    static let control = WorkflowOrder.messageType
    /// An operator sets or deletes the state of its key.
    static let state = StateOrder.messageType
    /// A timer that had to be parked; it is never on the wire.
    static let timer = "mesh.timer"
    /// What a look of the owner at a schedule is called; it is never on the wire, nor stored.
    static let look = "mesh.look"
}

extension WorkflowTimer {
    /// The timer as a message, so that it can be parked like one.
    var message: Message {
        let text =
            "{\"operation\":\"\(operation)\",\"kind\":\"\(kind.rawValue)\",\"due\":\"\(due.microseconds)\"}"
        return Message(
            id: "\(workflow.key)/\(operation)/\(kind.rawValue)/\(due.microseconds)", type: WorkflowMessage.timer,
            source: "/" + workflow.service, time: due, key: workflow.key, data: Array(text.utf8))
    }

    /// Reads what `message` wrote.
    init?(_ message: Message, of workflow: WorkflowID) {
        guard let members = JSONMembers(message.data),
            let operation = members.string("operation").flatMap({ WorkflowOperation($0) }),
            let kind = members.string("kind").flatMap(Kind.init),
            let due = members.string("due").flatMap({ Int64($0) })
        else { return nil }
        self.init(workflow: workflow, operation: operation, kind: kind, due: Timestamp(microseconds: due))
    }
}
