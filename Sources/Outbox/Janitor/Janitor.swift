import MeshCore
package import Postgres

/// Brings space back: moves writers of rotated tables on and empties children that nobody needs.
///
/// Any number may run; each step is a short transaction that gives up rather than wait for a lock.
package struct Janitor: Sendable {
    private let database: Database
    private let pause: Duration
    private let log = Log("janitor")
    /// How many rows of blocked lanes may be copied out of a child to free it.
    static let leftovers = 5000

    package init(_ pool: PostgresPool, every pause: Duration = .milliseconds(250)) {
        database = Database(pool)
        self.pause = pause
    }

    /// Works until the task is cancelled.
    package func run() async {
        var rounds = 0
        var complaint: (text: String, at: ContinuousClock.Instant)?
        while !Task.isCancelled {
            // Each by itself: what one of them can't do (a setting that is no number, say) is no reason to leave the others.
            for error in await round(rounds) {
                // Said again only now and then: it comes up with each round.
                if let complaint, complaint.text == "\(error)", .now - complaint.at < .seconds(10) { continue }
                complaint = ("\(error)", .now)
                log.warning("space isn't brought back: \(error)")
            }
            rounds += 1
            try? await Task.sleep(for: pause)
        }
    }

    /// Does what a round is for, and returns what failed.
    private func round(_ number: Int) async -> [StoreError] {
        var failures: [StoreError] = []
        do throws(StoreError) { try await sweepOutboxes(looksIntoOutbox: number % 4 == 0) } catch {
            failures.append(error)
        }
        do throws(StoreError) { try await sweepJournal() } catch { failures.append(error) }
        guard number % 40 == 0 else { return failures }
        do throws(StoreError) { try await expire() } catch { failures.append(error) }
        return failures
    }

    /// One round over the tables that rotate by size; how many children it emptied. With a broker that forgets, to look into the outbox is
    /// dear, and not each round does.
    @discardableResult
    package func sweep(looksIntoOutbox: Bool = true) async throws(StoreError) -> Int {
        try await sweepOutboxes(looksIntoOutbox: looksIntoOutbox) + sweepJournal()
    }

    @discardableResult
    private func sweepOutboxes(looksIntoOutbox: Bool) async throws(StoreError) -> Int {
        let rows = try await database.query(JanitorStatement.settings)
        let settings = try rows.firstRow { row throws(PostgresError) in (try row.int64(0), try row.bool(1)) }
        guard let (bytes, isDurable) = settings else { return 0 }
        for (table, share) in [("outbox", 1), ("outbox_sql", 1), ("outbox_transaction", 8), ("relay_tick", 64)] {
            try await database.query(JanitorStatement.moveIfFull, .text(table), .int64(bytes / Int64(share)))
        }
        var emptied = 0
        if isDurable || looksIntoOutbox {
            emptied += try await repeatedly { () throws(StoreError) in
                try await database.query(
                    JanitorStatement.sweepOutbox, .bool(isDurable), .int32(Int32(Janitor.leftovers)))
            }
        }
        for table in ["outbox_sql", "outbox_transaction", "relay_tick"] {
            emptied += try await repeatedly { () throws(StoreError) in
                try await database.query(JanitorStatement.sweepSQLLane, .text(table))
            }
        }
        return emptied
    }

    @discardableResult
    private func sweepJournal() async throws(StoreError) -> Int {
        let journalBytes = try await database.query(JanitorStatement.journalBytes)
            .firstRow { row throws(PostgresError) in try row.int64(0) }
        try await database.query(JanitorStatement.moveJournal, .int64(journalBytes ?? 64 << 20))
        return try await repeatedly { () throws(StoreError) in
            try await database.query(JanitorStatement.sweepJournal)
        }
    }

    /// One round over the tables that rotate by time, and over what is kept for a while only.
    package func expire() async throws(StoreError) {
        for table in ["inbox", "idempotency", "call_result"] {
            try await database.query(JanitorStatement.moveIfOld, .text(table))
        }
        try await database.query(JanitorStatement.forgetDeadLetters)
        try await database.query(JanitorStatement.forgetWorkers)
        try await database.query(JanitorStatement.forgetHTTPCalls)
        // Bounded deletes: at most 40,000 workflows a round.
        for _ in 0..<20 {
            let forgotten = try await database.query(JanitorStatement.forgetWorkflows)
                .firstRow { row throws(PostgresError) in try row.int64(0) }
            if forgotten ?? 0 < 2000 { break }
        }
    }

    /// Empties one child after the other. Where the relay sits on one for the moment, it is tried again a few times.
    private func repeatedly(_ step: () async throws(StoreError) -> PostgresResult) async throws(StoreError) -> Int {
        var emptied = 0
        var locked = 0
        while locked < 10, emptied < 16 {
            let outcome = try await step().firstRow { row throws(PostgresError) in try row.int64IfAny(0) } ?? nil
            guard let outcome else { break }
            if outcome >= 0 {
                emptied += 1
            } else {
                locked += 1
                try? await Task.sleep(for: .milliseconds(2))
            }
        }
        return emptied
    }
}

private enum JanitorStatement {
    /// Those that nobody waits for any more, where no egress process runs to pass over them.
    static let forgetHTTPCalls = Statement(
        "forget http calls",
        """
        DELETE FROM mesh.http_call WHERE id IN (
            SELECT c.id FROM mesh.http_call c WHERE c.owner IS NULL AND (c.deadline < clock_timestamp() OR NOT EXISTS (
                SELECT FROM mesh.workflow w WHERE w.service = c.service AND w.id = c.workflow AND w.status IN ('running', 'stuck')))
            ORDER BY c.id LIMIT 2000 FOR UPDATE SKIP LOCKED)
        """)
    static let settings = Statement(
        "janitor settings",
        """
        SELECT mesh.setting_value('outbox_slot_bytes')::int8, coalesce(mesh.setting_value('broker_durable'), 'true')::bool
        """)
    /// By itself the function doesn't count large values, which lie beside a child's rows: where it all is too much, it is given a bound of 0.
    static let moveIfFull = Statement(
        "move if full",
        """
        SELECT mesh.move_slot_if_full($1::text, CASE WHEN NOT mesh.slot_is_empty($1, r.active)
            AND pg_table_size(format('mesh.%I', $1 || '_' || r.active)::regclass) >= $2::int8 THEN 0 ELSE $2 END)
        FROM mesh.rotation r WHERE r.name = $1
        """)
    /// Six children, of which one is being filled and one is being emptied: five periods are kept at least.
    ///
    /// Another janitor may have moved on since this one looked: then the oldest child would be the one that is being filled. So the function
    /// is only called once the row is ours, and as it was.
    static let moveIfOld = Statement(
        "move if old",
        """
        WITH period AS MATERIALIZED (
            SELECT make_interval(secs => mesh.setting_value('deduplication_hours')::float8 * 3600 / 5) AS length
        ), due AS MATERIALIZED (
            SELECT r.active FROM mesh.rotation r, period p WHERE r.name = $1::text AND r.moved_at + p.length <= clock_timestamp()
        ), ours AS MATERIALIZED (
            SELECT r.active FROM mesh.rotation r WHERE r.name = $1 AND EXISTS (SELECT FROM due) FOR UPDATE
        )
        SELECT mesh.move_slot_if_old($1, period.length) FROM period, due JOIN ours USING (active)
        """)
    static let sweepOutbox = Statement("sweep outbox", "SELECT mesh.sweep_outbox($1::bool, $2::int4)::int8")
    static let sweepSQLLane = Statement("sweep sql lane", "SELECT mesh.sweep_sql_lane($1::text)::int8")
    static let forgetDeadLetters = Statement(
        "forget dead letters",
        """
        DELETE FROM mesh.dead_letter WHERE id IN (
            SELECT id FROM mesh.dead_letter WHERE status <> 'open' AND resolved_at < now() - interval '30 days' LIMIT 1000)
        """)
    static let journalBytes = Statement(
        "journal bytes", "SELECT coalesce(mesh.setting_value('journal_slot_bytes'), '67108864')::int8")
    /// As for `moveIfFull` and `moveIfOld`: a second move would leave a child behind that has entries, and isn't known to wait for its end.
    ///
    /// What is kept for days isn't emptied before: where much is written, the second half of the children is left for the rest of that time, as
    /// the last one would else take all that comes until the first is free.
    static let moveJournal = Statement(
        "move journal",
        """
        WITH due AS MATERIALIZED (
            SELECT r.active FROM mesh.rotation r WHERE r.name = 'journal' AND NOT mesh.slot_is_empty('journal', r.active)
                AND (r.moved_at + mesh.shortest_retention() / 2 <= clock_timestamp()
                OR pg_table_size(format('mesh.%I', 'journal_' || r.active)::regclass) >= $1::int8
                    AND (r.moved_at + mesh.shortest_retention() / 4 <= clock_timestamp() OR r.slots / 2 <= (
                        SELECT count(*) FROM generate_series(0, r.slots - 1) child WHERE mesh.slot_is_empty('journal', child))))
        ), ours AS MATERIALIZED (
            SELECT r.active FROM mesh.rotation r WHERE r.name = 'journal' AND EXISTS (SELECT FROM due) FOR UPDATE
        )
        SELECT mesh.move_journal(0) FROM due JOIN ours USING (active)
        """)
    static let sweepJournal = Statement("sweep journal", "SELECT mesh.sweep_journal()::int8")
    static let forgetWorkflows = Statement("forget workflows", "SELECT mesh.forget_workflows(2000)::int8")
    static let forgetWorkers = Statement(
        "forget workers", "DELETE FROM mesh.worker WHERE seen_at < now() - interval '1 day'")
}
