import Synchronization

/// One piece of work on its way through a connection, with the one place where its outcome goes.
///
/// `@unchecked Sendable`: made by the submitter, handed over through the connection's lock, and from then on touched by the connection's thread alone.
final class Submission: @unchecked Sendable {
    enum Work {
        case pipeline(Pipeline)
        /// SQL text of several statements in the simple protocol.
        case script(String)
        /// Sends a rollback where a transaction is open.
        case rollBackIfOpen
    }

    typealias Outcome = Result<[PostgresResult], PostgresError>

    let work: Work
    private let submitted = ContinuousClock.now
    /// How long it waits for a server that is away, where that differs from the connection's patience.
    private let patience: Duration?
    private var completion: (@Sendable (Outcome) -> Void)?
    /// The connection's count of unfinished submissions.
    var load: LoadCounter?

    init(_ work: Work, patience: Duration? = nil, completion: @escaping @Sendable (Outcome) -> Void) {
        self.work = work
        self.patience = patience
        self.completion = completion
    }

    /// A net: whoever waits for one that was dropped would wait for ever.
    deinit {
        guard completion != nil else { return }
        finish(.failure(PostgresError(.connection, "the connection to Postgres was lost before this was sent")))
    }

    /// Nobody took it, and nobody is to be told.
    func withdraw() { completion = nil }

    /// Delivers the outcome; the first one counts.
    func finish(_ outcome: Outcome) {
        let completion = self.completion
        self.completion = nil
        load?.leave()
        load = nil
        completion?(outcome)
    }

    /// True once it has waited for longer than its own patience or `usual`.
    func isOutOfPatience(_ usual: Duration, now: ContinuousClock.Instant) -> Bool {
        now - submitted > (patience ?? usual)
    }

    /// Takes the place of what left a transaction open, so that no bound may keep it away.
    var isRollback: Bool {
        if case .rollBackIfOpen = work { true } else { false }
    }

    /// True for a pipeline that opens a transaction itself, or a script: those are sent alone.
    var isExclusive: Bool {
        switch work {
        case .pipeline(let pipeline): pipeline.beginsTransaction
        case .script, .rollBackIfOpen: true
        }
    }
}

extension Submission {
    /// Makes a submission, has it enqueued, and awaits its outcome; nil where `enqueue` found no connection for it.
    ///
    /// When the task is cancelled, a submission that wasn't sent yet is taken back.
    static func perform(
        _ work: Work, patience: Duration? = nil, enqueue: @Sendable (Submission) -> PostgresConnection?
    ) async -> Outcome? {
        let ticket = Mutex<(Submission, PostgresConnection)?>(nil)
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Outcome?, Never>) in
                let submission = Submission(work, patience: patience) { continuation.resume(returning: $0) }
                guard let connection = enqueue(submission) else {
                    submission.withdraw()
                    return continuation.resume(returning: nil)
                }
                ticket.withLock { $0 = (submission, connection) }
                // Cancelled before there was a submission to cancel.
                if Task.isCancelled { connection.cancel(submission) }
            }
        } onCancel: {
            if let (submission, connection) = ticket.withLock(\.self) { connection.cancel(submission) }
        }
    }
}
