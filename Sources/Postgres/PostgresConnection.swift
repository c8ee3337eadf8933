import MeshCore
import Synchronization

/// One connection to Postgres, owned by one thread; submissions are executed in the order in which they were submitted.
///
/// Several pipelines may be in flight: pipeline k+1 is sent while the answers to k are awaited. A lost connection fails what was sent, and is
/// made again when it is next needed; what wasn't sent yet waits for it, up to `PostgresConfiguration.patience`.
package final class PostgresConnection: Sendable {
    static let log = Log("postgres")

    package let configuration: PostgresConfiguration
    private let thread: ConnectionThread

    /// Starts the connection's thread; the server is contacted at the first submission.
    package init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        self.configuration = configuration
        self.thread = try ConnectionThread(configuration)
    }

    deinit { thread.close() }

    /// Returns when the server answers; throws when it is still away after `limit`, or refuses us.
    ///
    /// Meanwhile the log says every few seconds what is waited for.
    package func waitForServer(within limit: Duration) async throws(PostgresError) {
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(PostgresError) {
                let left = max(.zero, deadline - .now)
                _ = try await perform(.pipeline(Pipeline(.oneOff("SELECT 1"))), patience: left)
                return
            } catch {
                // Lost while it was asked: the server may just be stopping or starting.
                guard error.isConnectionLoss, ContinuousClock.now < deadline else { throw error }
            }
        }
    }

    /// Runs a pipeline; its results are in the order of its statements.
    ///
    /// A task that is cancelled before its pipeline is sent gets `.cancelled`, and nothing has happened; once it is sent, the answer is awaited,
    /// so that the caller knows the outcome.
    @discardableResult
    package func submit(_ pipeline: Pipeline) async throws(PostgresError) -> [PostgresResult] {
        try await perform(.pipeline(pipeline))
    }

    /// Runs one statement.
    @discardableResult
    package func query(_ statement: Statement, _ values: PostgresValue...) async throws(PostgresError) -> PostgresResult
    {
        var pipeline = Pipeline()
        pipeline.add(statement, values)
        return try PostgresConnection.only(try await submit(pipeline))
    }

    /// Runs SQL text of several statements in one implicit transaction (unless it has its own BEGIN and COMMIT); for migrations.
    package func script(_ sql: String) async throws(PostgresError) {
        _ = try await perform(.script(sql))
    }

    /// Runs a pipeline and calls `completion` on the connection's thread, which it must not block.
    package func submit(
        _ pipeline: Pipeline, completion: @escaping @Sendable (Result<[PostgresResult], PostgresError>) -> Void
    ) {
        thread.enqueue(Submission(.pipeline(pipeline), completion: completion))
    }

    /// As `submit`, blocking the calling thread; never from the cooperative pool.
    @discardableResult
    package func submitBlocking(_ pipeline: Pipeline) throws(PostgresError) -> [PostgresResult] {
        try performBlocking(.pipeline(pipeline))
    }

    /// As `script`, blocking the calling thread; never from the cooperative pool.
    package func scriptBlocking(_ sql: String) throws(PostgresError) {
        _ = try performBlocking(.script(sql))
    }

    /// Listens on a channel for the rest of the connection's life, also across reconnects; a second handler for a channel takes the first one's place.
    ///
    /// `handler` runs on the connection's thread, which it must not block. After a reconnect it is called once with an empty payload, since
    /// notifications may have been missed.
    package func listen(_ channel: String, handler: @escaping @Sendable (PostgresNotification) -> Void) {
        thread.listen(channel, handler)
    }

    /// Rolls back a transaction that was left open; to be called when nothing else uses the connection.
    ///
    /// Also in a task that is cancelled: whoever used the connection next would work within that transaction, and its commits would be none.
    /// Where the connection is lost there is nothing to roll back, and it isn't waited for.
    func rollBackIfOpen() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            thread.enqueue(Submission(.rollBackIfOpen, patience: .zero) { _ in continuation.resume() })
        }
    }

    /// How many submissions wait or are in flight.
    package var load: Int { thread.load.value }

    /// Ends the connection: what was sent is awaited, what wasn't fails with `.closed`.
    package func close() { thread.close() }
}

extension PostgresConnection {
    private func perform(
        _ work: Submission.Work, patience: Duration? = nil
    ) async throws(PostgresError) -> [PostgresResult] {
        let outcome = await Submission.perform(work, patience: patience) { submission in
            self.enqueue(submission)
            return self
        }
        return try outcome?.get() ?? []
    }

    func enqueue(_ submission: Submission) { thread.enqueue(submission) }
    func cancel(_ submission: Submission) { thread.cancel(submission) }

    private func performBlocking(_ work: Submission.Work) throws(PostgresError) -> [PostgresResult] {
        let box = BlockingBox<Submission.Outcome>()
        thread.enqueue(Submission(work) { box.put($0) })
        return try box.take().get()
    }

    static func only(_ results: [PostgresResult]) throws(PostgresError) -> PostgresResult {
        guard let result = results.first else { throw PostgresError(.value, "an empty pipeline has no result") }
        return result
    }
}
