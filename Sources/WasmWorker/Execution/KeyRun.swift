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
///
/// A reference, since it is handed from the sandbox's thread to the mailbox, to what is finished, to a batch, and to what is done after its commit.
final class KeyRunResult: Sendable {
    let id: UInt64
    let orderKey: StateKey
    /// In order; ends early after a failure that parks the key.
    let results: [ExecutionResult]
    /// Not started, because an earlier one of the same key has to be tried again first.
    let remaining: [Execution]
    /// The states as read, for the version checks.
    let states: RunStates
    let resort: Resort
    /// Roughly the bytes it writes.
    let byteCount: Int
    /// How many executions it is about.
    let executionCount: Int
    /// True when the key now waits for another attempt.
    let isStoppedByRetry: Bool

    init(
        id: UInt64, orderKey: StateKey, results: [ExecutionResult], remaining: [Execution], states: RunStates,
        resort: Resort = .none
    ) {
        self.id = id
        self.orderKey = orderKey
        self.results = results
        self.remaining = remaining
        self.states = states
        self.resort = resort
        var byteCount = remaining.reduce(0) { $0 + $1.message.data.count }
        var executionCount = remaining.count
        var isStoppedByRetry = false
        for result in results {
            byteCount += result.byteCount
            executionCount += result.executions.count
            if case .failed(let failure) = result.outcome,
                result.executions.contains(where: { $0.isRetried(after: failure) })
            {
                isStoppedByRetry = true
            }
        }
        self.byteCount = byteCount
        self.executionCount = executionCount
        self.isStoppedByRetry = isStoppedByRetry
    }

    /// The same run with other results.
    func replacing(_ results: [ExecutionResult], resort: Resort) -> KeyRunResult {
        KeyRunResult(
            id: id, orderKey: orderKey, results: results, remaining: remaining, states: states, resort: resort)
    }

    /// What is tried when Postgres refuses what was to be written.
    enum Resort: Sendable {
        case none
        /// The input is kept, and its workflow is stuck.
        case input
        /// There is nothing less to write; if Postgres refuses this too, an operator has to look.
        case last
    }

    /// All its executions, in order.
    var executions: [Execution] { results.flatMap(\.executions) + remaining }
}
