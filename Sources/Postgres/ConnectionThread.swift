import CPostgres
import Glibc
import MeshCore
import Synchronization

/// The thread behind a `PostgresConnection`: the mailbox others write to, and the loop that owns the libpq connection.
final class ConnectionThread: Sendable {
    typealias Handler = @Sendable (PostgresNotification) -> Void

    private struct Mailbox {
        var waiting = Fifo<Submission>()
        var isClosing = false
        /// True while a wake-up is on its way, so that a burst of submissions writes one.
        var isWoken = false
        var channels: [String: Handler] = [:]
        var newChannels: [String] = []
    }

    let configuration: PostgresConfiguration
    private let mailbox = Mutex(Mailbox())
    let load = LoadCounter()
    let wakeup: Int32

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        self.configuration = configuration
        wakeup = wasmesh_wakeup_make()
        guard wakeup >= 0 else { throw PostgresError(.connection, "no event descriptor: error \(errno)") }
        // `deinit` runs for an initialiser that throws here, and closes the descriptor.
        guard DedicatedThread.startIfPossible("postgres", { ConnectionLoop(self).run() }) else {
            throw PostgresError(.connection, "the connection's thread could not be started")
        }
    }

    deinit { Glibc.close(wakeup) }

    /// Puts a submission in line; refuses at once what can't be sent.
    func enqueue(_ submission: Submission) {
        if case .pipeline(let pipeline) = submission.work {
            if let invalid = pipeline.invalid { return submission.finish(.failure(invalid)) }
            if pipeline.isEmpty { return submission.finish(.success([])) }
        }
        let refusal: PostgresError? = mailbox.withLock { mailbox in
            if mailbox.isClosing { return PostgresError(.closed, "the connection is closed") }
            guard submission.isRollback || mailbox.waiting.count < configuration.maximumQueued else {
                return PostgresError(
                    .overloaded, "\(configuration.maximumQueued) pipelines wait for this Postgres connection already")
            }
            mailbox.waiting.append(submission)
            submission.load = load
            load.enter()
            wake(&mailbox)
            return nil
        }
        if let refusal { submission.finish(.failure(refusal)) }
    }

    /// Takes a submission back if it wasn't sent yet.
    func cancel(_ submission: Submission) {
        let removed = mailbox.withLock { $0.waiting.removeAll { $0 === submission } }
        for submission in removed {
            submission.finish(.failure(PostgresError(.cancelled, "cancelled before it was sent")))
        }
    }

    func listen(_ channel: String, _ handler: @escaping Handler) {
        mailbox.withLock { mailbox in
            mailbox.channels[channel] = handler
            mailbox.newChannels.append(channel)
            wake(&mailbox)
        }
    }

    func close() {
        mailbox.withLock { mailbox in
            mailbox.isClosing = true
            wake(&mailbox)
        }
    }

    private func wake(_ mailbox: inout Mailbox) {
        guard !mailbox.isWoken else { return }
        mailbox.isWoken = true
        wasmesh_wakeup_raise(wakeup)
    }
}

// MARK: What the loop asks

extension ConnectionThread {
    /// Takes the wake-up back; to be called before the mailbox is looked at.
    func clearWakeup() {
        wasmesh_wakeup_clear(wakeup)
        mailbox.withLock { $0.isWoken = false }
    }

    var isClosing: Bool { mailbox.withLock { $0.isClosing } }
    var channels: [String: Handler] { mailbox.withLock { $0.channels } }

    /// True where there is a reason to be connected.
    var isNeeded: Bool { mailbox.withLock { !$0.waiting.isEmpty || !$0.channels.isEmpty } }

    /// The next submission, if the connection can take it now.
    func takeNext(if fits: (Submission) -> Bool) -> Submission? {
        mailbox.withLock { mailbox in
            guard let next = mailbox.waiting.first, fits(next) else { return nil }
            return mailbox.waiting.popFirst()
        }
    }

    /// Takes the channels that were added since the last call.
    func takeNewChannels() -> [String] {
        mailbox.withLock { mailbox in
            defer { mailbox.newChannels = [] }
            return mailbox.newChannels
        }
    }

    /// Fails the submissions that wait; with `impatientAt`, only those that are out of patience by then.
    func failWaiting(_ error: PostgresError, impatientAt now: ContinuousClock.Instant? = nil) {
        let usual = configuration.patience
        let removed = mailbox.withLock { mailbox in
            mailbox.waiting.removeAll { submission in now.map { submission.isOutOfPatience(usual, now: $0) } ?? true }
        }
        for submission in removed { submission.finish(.failure(error)) }
    }
}
