internal import Foundation

/// Looks at the database with plain SQL, and compares it with what was asked for.
struct DatabaseCheck: Sendable {
    let database: String
    let log: WorkLog
    let witness: TopicWitness
    let outside: Outside

    /// Everything there is to see.
    func look() async throws -> Findings {
        var findings = try await bank().check()
        for books in try await sequences() { findings.add(books.check()) }
        findings.add(try await ledger())
        findings.add(try await audit())
        findings.add(try await mesh())
        return findings
    }

    /// What must not be at any time, and costs little to see.
    ///
    /// The word of approval to a workflow that was refused its money, and so has ended, is nobody's loss: applications send both at once.
    func glance() async throws -> [String] {
        try await Psql.rows(
            database,
            """
            SELECT 'account ' || id || ' is below zero: ' || balance FROM bank.accounts WHERE balance < 0
            UNION ALL SELECT 'transfer ' || transfer || ' took effect ' || count || ' times' FROM bank.receipts WHERE count > 1
            UNION ALL SELECT 'Sequences of ' || key || ': ' || "firstFault" FROM bank.sequences WHERE faults > 0
            UNION ALL SELECT 'Followers of ' || key || ': ' || "firstFault" FROM bank.followers WHERE faults > 0
            UNION ALL SELECT 'Ledger of ' || account || ': ' || "firstFault" FROM bank.ledger WHERE faults > 0
            UNION ALL SELECT 'Auditors of ' || key || ': ' || "firstFault" FROM bank.auditors WHERE faults > 0
            UNION ALL SELECT 'Tellers of ' || account || ': ' || "firstFault" FROM bank.tellers WHERE faults > 0
            UNION ALL SELECT 'dead letter: ' || service || '/' || method || ' of ' || key || ': ' || error_code || ' ' ||
                error_message FROM mesh.dead_letters d WHERE NOT (service = 'bank.Moves' AND method = 'approve' AND EXISTS (
                    SELECT FROM mesh.workflow w WHERE w.service = d.service AND w.id = d.key AND w.result->>'value' = 'REFUSED'))
            """
        ).map { $0.joined(separator: " ") }
    }

    private func bank() async throws -> BankBooks {
        var orders: [String: BankBooks.Order] = [:]
        for row in try await Psql.rows(database, "SELECT id, source, target, amount, way FROM chaos.transfer") {
            orders[String(row[0])] = BankBooks.Order(
                source: String(row[1]), target: String(row[2]), amount: Int(row[3]) ?? 0, way: String(row[4]))
        }
        for (transfer, state) in log.all {
            var order = BankBooks.Order(
                source: transfer.source, target: transfer.target, amount: transfer.amount, way: transfer.way.rawValue,
                isCertain: state != .unknown)
            if case .done(let answer) = state { order.answer = answer }
            orders[transfer.id] = order
        }
        var receipts: [String: BankBooks.Receipt] = [:]
        for row in try await Psql.rows(database, "SELECT transfer, outcome, way, count FROM bank.receipts") {
            receipts[String(row[0])] = BankBooks.Receipt(
                outcome: String(row[1]), way: String(row[2]), count: Int(row[3]) ?? -1)
        }
        var accounts: [String: BankBooks.Account] = [:]
        for row in try await Psql.rows(database, "SELECT id, balance, debits, credits FROM bank.accounts") {
            accounts[String(row[0])] = BankBooks.Account(
                balance: Int(row[1]) ?? -1, debits: Int(row[2]) ?? -1, credits: Int(row[3]) ?? -1)
        }
        return BankBooks(orders: orders, receipts: receipts, accounts: accounts)
    }

    private func sequences() async throws -> [SequenceBooks] {
        let sent = try await numbers("SELECT key, number FROM chaos.step")
        let entries = try await numbers("SELECT account, count FROM chaos.book")
        return [
            SequenceBooks(
                name: "Sequences", sent: sent,
                heard: try await heard("SELECT key, last, faults, \"firstFault\" FROM bank.sequences")),
            SequenceBooks(
                name: "Followers", sent: sent.mapValues { 2 * $0 },
                heard: try await heard("SELECT key, last, faults, \"firstFault\" FROM bank.followers")),
            SequenceBooks(
                name: "Ledger", sent: entries,
                heard: try await heard("SELECT account, count, faults, \"firstFault\" FROM bank.ledger")),
            SequenceBooks(
                name: "Tellers", sent: entries,
                heard: try await heard("SELECT account, count, faults, \"firstFault\" FROM bank.tellers")),
            // It is kept for them while they don't listen.
            SequenceBooks(
                name: "Auditors", sent: sent.mapValues { 2 * $0 },
                heard: try await heard(
                    """
                    SELECT key, last, faults + gaps + (first <> 1)::int4, coalesce("firstFault", gaps || ' gaps after ' || first)
                    FROM bank.auditors WHERE key LIKE 'k%'
                    """)),
        ]
    }

    private func numbers(_ sql: String) async throws -> [String: Int] {
        Dictionary(
            try await Psql.rows(database, sql).map { (String($0[0]), Int($0[1]) ?? -1) }, uniquingKeysWith: { $1 })
    }

    private func heard(_ sql: String) async throws -> [String: SequenceBooks.Heard] {
        Dictionary(
            try await Psql.rows(database, sql).map { row in
                (
                    String(row[0]),
                    SequenceBooks.Heard(last: Int(row[1]) ?? -1, faults: Int(row[2]) ?? -1, firstFault: String(row[3]))
                )
            }, uniquingKeysWith: { $1 })
    }

    /// Its sums; a sum is compared when as many entries have come as were written.
    private func ledger() async throws -> Findings {
        var findings = Findings()
        findings.violations = try await Psql.rows(
            database,
            """
            SELECT 'Ledger of ' || account || ' has ' || l.sum || ', and the application wrote ' || b.sum
            FROM bank.ledger l JOIN chaos.book b USING (account) WHERE l.count = b.count AND l.sum <> b.sum
            """
        ).map { $0.joined(separator: " ") }
        return findings
    }

    /// What services heard that change what they handle and what they keep.
    private func audit() async throws -> Findings {
        var heard: [String: AuditBooks.Heard] = [:]
        for row in try await Psql.rows(
            database, "SELECT key, first, last, gaps, faults, \"firstFault\" FROM bank.auditors WHERE key LIKE 'b%'")
        {
            heard[String(row[0])] = AuditBooks.Heard(
                first: Int(row[1]) ?? -1, last: Int(row[2]) ?? -1, gaps: Int(row[3]) ?? -1, faults: Int(row[4]) ?? -1,
                firstFault: String(row[5]))
        }
        var findings = AuditBooks(
            name: "Auditors", sent: try await numbers("SELECT account, count FROM chaos.book"), heard: heard,
            losses: witness.losses
        ).check()
        // The fields that only one edition knows: the other one takes them away, together. Sums are compared as the ledger's are.
        findings.violations += try await Psql.rows(
            database,
            """
            SELECT 'Tellers of ' || key || ' is ' || data FROM mesh.state WHERE service = 'bank.Tellers'
                AND (data->>'since')::int4 + (data->>'heard')::int4 - 1 IS DISTINCT FROM
                    CASE WHEN data ?| '{since,heard}' THEN (data->>'count')::int4 END
            UNION ALL SELECT 'Tellers of ' || account || ' has ' || t.sum || ', and the application wrote ' || b.sum
            FROM bank.tellers t JOIN chaos.book b USING (account) WHERE t.count = b.count AND t.sum <> b.sum
            """
        ).map { $0.joined(separator: " ") }
        return findings
    }

    /// What workflows told the outside, by what their journals and the outside itself have; when nothing is under way any more.
    func told() async throws -> [String] {
        var calls: [String: OutsideBooks.Call] = [:]
        for row in try await Psql.rows(
            database,
            """
            SELECT id, label, attempts, status FROM mesh.workflow_step WHERE service = 'bank.Moves' AND name = 'mesh.Http/fetch'
            """)
        {
            guard let manner = OutsideBooks.Manner(rawValue: String(row[1])) else { continue }
            calls[String(row[0])] = OutsideBooks.Call(
                manner, attempts: Int(row[2]) ?? -1, isAnswered: row[3] == "done")
        }
        let silent = try await Psql.rows(
            database, "SELECT id FROM mesh.workflow WHERE service = 'bank.Moves' AND result->>'value' = 'MOVED'"
        ).map { String($0[0]) }.filter { calls[$0] == nil }
        return OutsideBooks(visits: outside.visits, calls: calls).check()
            + silent.map { "the workflow \($0) has moved its money, and its journal has no call to the outside" }
    }

    /// What the mesh itself says is still under way (lanes never rest, since probes go on), and what it has given up.
    private func mesh() async throws -> Findings {
        var findings = Findings()
        findings.violations = try await glance().filter { $0.hasPrefix("dead letter") }
        findings.pending = try await Psql.rows(
            database,
            """
            SELECT what || ': ' || messages FROM mesh.backlog WHERE messages > 0 AND what NOT LIKE '% lane%' AND what <> 'dead letters'
            UNION ALL SELECT 'workflows ' || status || ': ' || count(*) || ', ' || min(id) FROM mesh.workflow
                WHERE status <> 'completed' GROUP BY status
            """
        ).map { $0.joined(separator: " ") }
        return findings
    }
}
