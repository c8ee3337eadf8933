import CPostgres
import Synchronization
import Testing

@testable import Postgres

/// What becomes of a submission that can't even be handed to libpq.
@Suite struct DroppedSubmissionTests {
    /// Collects what a submission is told.
    private final class Outcomes: Sendable {
        private let list = Mutex<[Submission.Outcome]>([])
        var all: [Submission.Outcome] { list.withLock { $0 } }
        func note(_ outcome: Submission.Outcome) { list.withLock { $0.append(outcome) } }
    }

    /// A connection that libpq takes nothing for: nobody listens there.
    private func broken() throws -> PQConnection {
        let pointer = try #require(PQconnectdb("host=127.0.0.1 port=1 connect_timeout=5"))
        #expect(PQstatus(pointer) == CONNECTION_BAD)
        return PQConnection(pointer, onNotification: { _ in })
    }

    private func send(_ work: Submission.Work) throws -> (outcomes: [Submission.Outcome], load: Int) {
        let connection = try broken()
        let outcomes = Outcomes()
        let load = LoadCounter()
        do {
            let submission = Submission(work) { outcomes.note($0) }
            submission.load = load
            load.enter()
            #expect(throws: PostgresError.self) { try connection.send(submission) }
        }
        // As the connection's thread does with what was thrown.
        connection.abandon(connection.lost())
        return (outcomes.all, load.value)
    }

    private func error(_ outcome: Submission.Outcome?) -> PostgresError? {
        if case .failure(let error)? = outcome { error } else { nil }
    }

    @Test func `a pipeline whose statements can't be prepared is told so, once, and that nothing of it was done`()
        throws
    {
        var pipeline = Pipeline()
        pipeline.add(Statement("one", "SELECT 1"))
        let (outcomes, load) = try send(.pipeline(pipeline))
        #expect(outcomes.count == 1)
        #expect(error(outcomes.first)?.isConnectionLoss == true)
        #expect(error(outcomes.first)?.outcomeUnknown == false)
        #expect(load == 0)
    }

    @Test func `a pipeline that can't be sent is told so, once`() throws {
        let (outcomes, load) = try send(.pipeline(Pipeline(.oneOff("SELECT 1"))))
        #expect(outcomes.count == 1)
        #expect(error(outcomes.first)?.isConnectionLoss == true)
        #expect(load == 0)
    }

    @Test func `whoever waits for a rollback that can't be sent goes on: with the connection the transaction is gone`()
        throws
    {
        let (outcomes, load) = try send(.rollBackIfOpen)
        #expect(outcomes.count == 1)
        #expect(load == 0)
    }

    @Test func `a submission that is dropped says so`() {
        let outcomes = Outcomes()
        do { _ = Submission(.script("SELECT 1")) { outcomes.note($0) } }
        #expect(outcomes.all.count == 1)
        #expect(error(outcomes.all.first)?.isConnectionLoss == true)
    }
}
