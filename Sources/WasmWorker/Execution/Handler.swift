import MeshCore
import Schemas

/// One method of one service as the partition logic knows it: what is run for a message, and how its failures are treated.
struct Handler: Sendable, Hashable {
    /// `shop.Orders`.
    var service: String
    /// `place`.
    var method: String
    var retry: RetryPolicy
    /// Set for handlers that take lists of events.
    var batch: BatchPolicy?
    /// True for a method that is called, false for a handler of an event.
    var isCall: Bool
    var kind = Kind.handler
    /// False where the name is only what a message says: no method of the service has it, as far as this worker knows.
    var isDeployed = true
    /// Of a signal: its sender waits for an answer of the workflow's code.
    var isAnsweredByWorkflow = false

    /// What is done with a message.
    enum Kind: Sendable, Hashable {
        /// The guest's method runs to its end.
        case handler
        /// The same, but it may only read.
        case query
        /// It is an input of the workflow whose id is the key.
        case start, signal, answer, control, timer
        /// It is about the schedule of a method, whose key it has.
        case schedule
        /// It is an operator's order about the state of its key.
        case state

        var isWorkflowInput: Bool {
            switch self {
            case .start, .signal, .answer, .control, .timer: true
            case .handler, .query, .schedule, .state: false
            }
        }

        /// Whether the operations that a workflow may have open bound how many there are: one that waits for it would wait for ever if it were given up.
        var isBoundElsewhere: Bool { self == .answer || self == .timer }

        /// Whether it needs what is stored under its key beside the state.
        var needsContents: Bool { isWorkflowInput || self == .schedule }
    }
}
