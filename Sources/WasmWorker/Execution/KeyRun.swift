import MeshCore
import Outbox

/// Executions of one order key that run one after another, with the states they may touch.
struct KeyRun: Sendable {
    var id: UInt64
    var orderKey: StateKey
    var executions: [Execution]
    /// The committed states of all their state keys.
    var states: RunStates
}

/// What came of a key run.
struct KeyRunResult: Sendable {
    var id: UInt64
    var orderKey: StateKey
    /// In order; ends early after a failure that parks the key.
    var results: [ExecutionResult]
    /// Not started, because an earlier one of the same key has to be tried again first.
    var remaining: [Execution]
    /// The states as read, for the version checks.
    var states: RunStates

    /// What is tried when Postgres refuses what was to be written.
    enum Resort: Sendable {
        case none
        /// The input is kept, and its workflow is stuck.
        case input
        /// There is nothing less to write; if Postgres refuses this too, an operator has to look.
        case last
    }

    var resort = Resort.none

    /// All its executions, in order.
    var executions: [Execution] { results.flatMap(\.executions) + remaining }

    /// True when the key now waits for another attempt.
    var isStoppedByRetry: Bool {
        results.contains { result in
            guard case .failed(let failure) = result.outcome else { return false }
            return result.executions.contains { $0.isRetried(after: failure) }
        }
    }
}
