/// Compares what the witness read with what was asked for.
struct TopicCheck: Sendable {
    let database: String
    let log: WorkLog

    func look(_ witness: TopicWitness) async throws -> [String] {
        let books = witness.books
        let steps = try await numbers("SELECT key, number FROM chaos.step")
        let entries = try await numbers("SELECT account, count FROM chaos.book")
        // Workflows tell what they came to by an event of their own.
        var certain: [String: Set<String>] = [:]
        var possible: [String: Set<String>] = [:]
        func note(_ id: String, _ way: String, isCertain: Bool) {
            let topic = way == "workflow" ? "bank.ended" : "bank.settled"
            possible[topic, default: []].insert(id)
            if isCertain { certain[topic, default: []].insert(id) }
        }
        for row in try await Psql.rows(database, "SELECT id, way FROM chaos.transfer") {
            note(String(row[0]), String(row[1]), isCertain: true)
        }
        for (transfer, state) in log.all { note(transfer.id, transfer.way.rawValue, isCertain: state != .unknown) }
        var violations = witness.unreadable.map { "a record that isn't one of the mesh: \($0)" }
        violations += books.checkOrder(of: "bank.step", sent: steps)
        violations += books.checkOrder(of: "bank.trace", sent: steps.mapValues { 2 * $0 })
        violations += books.checkOrder(of: "bank.entry", sent: entries)
        for topic in ["bank.settled", "bank.ended"] {
            violations += books.checkOnce(in: topic, expected: certain[topic] ?? [], possible: possible[topic] ?? [])
        }
        return violations
    }

    private func numbers(_ sql: String) async throws -> [String: Int] {
        Dictionary(
            try await Psql.rows(database, sql).map { (String($0[0]), Int($0[1]) ?? -1) }, uniquingKeysWith: { $1 })
    }
}
