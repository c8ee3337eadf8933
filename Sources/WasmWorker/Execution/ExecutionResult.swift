import MeshCore
import Outbox
import Wasm
import Workflows

/// What running one execution (or one batch of executions of a batch handler) came to.
struct ExecutionResult: Sendable {
    /// What is large and not what most come to lies elsewhere: results are moved from list to list.
    enum Outcome: Sendable {
        /// Its effects take place.
        case done(reply: [UInt8], state: StateChange, messages: [Message])
        /// Nothing takes place but the failure's own consequence.
        indirect case failed(Failure)
        /// Inputs were given to a workflow; each has an outcome of its own. `record` is the workflow afterwards.
        indirect case activated(WorkflowActivation, record: WorkflowRecord?)
        /// Something happened to a schedule.
        indirect case scheduled(ScheduleEffects)
    }

    /// The executions it covers, in order; more than one only for a batch handler.
    var executions: [Execution]
    var outcome: Outcome
    /// How long the guest ran for it, in nanoseconds; nil where it didn't.
    var runTime: Int64?
}

/// A failed execution: what the caller is told and how it is treated.
struct Failure: Sendable {
    /// The kinds of failure that are treated differently.
    enum Kind: String, Sendable {
        /// The guest's own error, which it calls permanent.
        case refused
        /// The guest's own error, which it calls retryable.
        case retryable
        case trap
        case deadline
        case memory
        /// An answer, state or message that doesn't fit the schema.
        case badOutput = "bad output"
        /// It did what it isn't allowed to.
        case denied
        /// The message can't be given to the handler: not of its type, no such method.
        case badInput = "bad input"
        /// The same, where the worker may be yet to hear of the package that the message was accepted by.
        case early
        /// The caller stopped waiting before it started.
        case expired

        /// The guest was stopped, as against: it answered with an error.
        var isCrash: Bool { self == .trap || self == .deadline || self == .memory }

        /// The handler's fault, as against an answer that it may give.
        var isMisbehaviour: Bool {
            switch self {
            case .trap, .deadline, .memory, .badOutput, .denied: true
            case .refused, .retryable, .badInput, .early, .expired: false
            }
        }
    }

    var kind: Kind
    var error: MeshError
    /// The digest of the module that ran; nil when none did.
    var digest: String?

    /// What a caller is told: that the handler was stopped and why, and not where in its code.
    var told: MeshError {
        let reason: String
        switch kind {
        case .trap: reason = "crashed"
        case .deadline: reason = "used up its CPU time"
        case .memory: reason = "ran out of memory"
        case .refused, .retryable, .badOutput, .denied, .badInput, .early, .expired: return error
        }
        var told = error
        told.message = "the handler \(reason); the log and the dead letter say where"
        return told
    }
}
