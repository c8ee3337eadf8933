import MeshCore
package import Postgres

/// Ends sessions of the mesh that stand still in the middle of a transaction, so that nobody waits for what they hold.
///
/// A pipeline goes to Postgres piece by piece. A process that is frozen between two pieces (SIGSTOP, a paused machine), or whose packets a
/// proxy keeps, leaves a transaction open that holds the row of its partition, its lane, its calls. Its system still answers keepalives, none of
/// Postgres's limits is for a pipeline without an end before version 17, and the partition's next owner would wait for the frozen process to wake up.
/// What is ended was not committed; who wakes up finds its connection lost, and the fence says what became of its claim.
package struct StalledSessions: Sendable {
    private let database: Database
    private let patience: Duration
    private let pause: Duration
    private let log = Log("sessions")

    /// `patience`: how long a session has to stand still to be ended. Any number of processes may watch at once.
    package init(_ pool: PostgresPool, patience: Duration = .seconds(8), every pause: Duration = .seconds(2)) {
        database = Database(pool)
        self.patience = patience
        self.pause = pause
    }

    /// Watches until the task is cancelled.
    package func run() async {
        var watch = SteadyWatch<StalledSession>(patience: patience)
        while !Task.isCancelled {
            do throws(StoreError) {
                let stalled = watch.saw(try await look(), at: .now)
                if !stalled.isEmpty { try await end(stalled) }
            } catch {
                // A Postgres that is away is told of by those who work with it.
                if !error.isPassing { log.warning("sessions that stand still can't be ended: \(error)") }
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// The mesh's sessions that wait for their client within a transaction just now; most are only seen in passing.
    private func look() async throws(StoreError) -> [StalledSession] {
        try await database.query(SessionStatement.waiting).readRows { row throws(PostgresError) in
            StalledSession(
                process: try row.int64(0), startedAt: try row.timestamp(1), statementAt: try row.timestamp(2),
                client: try row.text(3))
        }
    }

    private func end(_ sessions: [StalledSession]) async throws(StoreError) {
        let ended = try await database.query(
            SessionStatement.end, .int64s(sessions.map(\.process)), .timestamps(sessions.map(\.startedAt)),
            .timestamps(sessions.map(\.statementAt)))
        for process in try ended.readRows({ row throws(PostgresError) in try row.int64IfAny(0) }) {
            guard let process, let session = sessions.first(where: { $0.process == process }) else { continue }
            log.warning(
                "the session \(process) of \(session.client) stood still within a transaction for \(patience), and was ended: its process is frozen, or cut off"
            )
        }
    }
}

/// A session that waits for its client within a transaction; another one as soon as it has got on.
private struct StalledSession: Hashable, Sendable {
    /// The process id of its server process.
    let process: Int64
    let startedAt: Timestamp
    /// When the message before the one that it waits for had come.
    let statementAt: Timestamp
    /// The client's address, for people.
    let client: String
}

private enum SessionStatement {
    /// Those of this role and of the name that the mesh's connections have, which an application's have not. One whose answer nobody reads counts
    /// where it holds rows, for which Postgres gives it a transaction id: a slow reader of what it only looks at harms nobody.
    private static let waitingSessions = """
        FROM pg_catalog.pg_stat_activity a
        WHERE a.datname = current_database() AND a.usename = session_user AND a.pid <> pg_backend_pid()
            AND a.application_name = current_setting('application_name')
            AND a.xact_start IS NOT NULL
            AND (a.wait_event = 'ClientRead' OR a.wait_event = 'ClientWrite' AND a.backend_xid IS NOT NULL)
        """
    static let waiting = Statement(
        "waiting sessions",
        """
        SELECT a.pid::int8, a.backend_start, a.query_start,
            CASE WHEN a.client_port > 0 THEN host(a.client_addr) || ':' || a.client_port ELSE 'this machine' END
        \(waitingSessions)
        """)
    /// The function that ends one is only called for those that are meant: conditions may be looked at in any order.
    static let end = Statement(
        "end sessions",
        """
        WITH meant AS MATERIALIZED (
            SELECT a.pid \(waitingSessions) AND EXISTS (
                SELECT FROM unnest($1::int8[], $2::timestamptz[], $3::timestamptz[]) s(pid, backend_start, query_start)
                WHERE s.pid = a.pid AND s.backend_start = a.backend_start AND s.query_start = a.query_start)
        )
        SELECT CASE WHEN pg_catalog.pg_terminate_backend(pid) THEN pid::int8 END FROM meant
        """)
}
