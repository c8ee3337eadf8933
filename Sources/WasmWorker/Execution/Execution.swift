import MeshCore
import Outbox

/// One message for one handler: the unit that runs, fails, is parked and is accounted for.
///
/// A reference, since it is handed from queue to run to result to commit, and copying it would count a dozen references each time.
final class Execution: Sendable {
    /// Where it came from.
    enum Source: Sendable, Hashable {
        /// A record of this partition.
        case log(offset: Int64)
        /// A row of `mesh.parked`.
        case parked(id: Int64)
        /// A row of `mesh.timer` that is due; the message is made up for it.
        case timer(WorkflowTimer)
        /// Nothing that is stored: the owner looks whether what is stored agrees with what is deployed.
        case look
    }

    let source: Source
    let handler: Handler
    let message: Message
    /// What orders it: the record's key, or the message's id for a record without one.
    let orderKey: StateKey
    /// The state it may read and write.
    let stateKey: StateKey
    /// From 1.
    let attempt: Int
    /// The clock of its first attempt, which every attempt sees.
    let firstRunAt: Timestamp
    /// The raw position in the log, kept for dead letters and parked rows.
    let offset: Int64
    /// Why it can't be given to its handler, where that was found out before it runs.
    let problem: String?

    init(
        source: Source, handler: Handler, message: Message, orderKey: StateKey, stateKey: StateKey, attempt: Int,
        firstRunAt: Timestamp, offset: Int64, problem: String? = nil
    ) {
        self.source = source
        self.handler = handler
        self.message = message
        self.orderKey = orderKey
        self.stateKey = stateKey
        self.attempt = attempt
        self.firstRunAt = firstRunAt
        self.offset = offset
        self.problem = problem
    }
}

extension Execution {
    var isParked: Bool {
        if case .parked = source { true } else { false }
    }

    /// The timer that it is; a timer whose execution was parked is a parked message.
    var timer: WorkflowTimer? {
        if case .timer(let timer) = source { timer } else { nil }
    }

    /// Whether it is tried again after `failure`; then later messages of its key wait behind it.
    func isRetried(after failure: Failure) -> Bool {
        if failure.kind == .early { return true }
        let mayPass = failure.kind == .retryable || (failure.kind.isCrash && handler.retry.retriesCrashes)
        return mayPass && attempt <= handler.retry.retries
    }
}
