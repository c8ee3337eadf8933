package import MeshCore
package import Outbox

/// Something that reaches a workflow: a message with the workflow's id as key, or a timer of its partition.
package enum WorkflowInput: Sendable {
    /// The call of an `@workflow` method (`fulfil`); its data has passed the schema.
    case start(Message, method: String)
    /// The call of a `@signal` method (`approve`); its data has passed the schema. `isAnswered`: by the schema in force the workflow's code
    /// answers it; what counts is the workflow's own package, where that is at hand.
    case signal(Message, method: String, isAnswered: Bool = false)
    /// `mesh.answer`: the answer to one of its calls.
    case answer(Message)
    /// A timer that is due.
    case timer(WorkflowTimer)
    /// `mesh.control`: an order of an operator, a parent or a schedule (`WorkflowOrder`).
    case control(Message)
}

extension WorkflowInput {
    /// The message that it is; nil for a timer.
    package var message: Message? {
        switch self {
        case .start(let message, _), .signal(let message, _, _), .answer(let message), .control(let message): message
        case .timer: nil
        }
    }
}
