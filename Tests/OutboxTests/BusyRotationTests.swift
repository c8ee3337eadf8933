import MeshCore
import Outbox
import Postgres
import Synchronization
import TestSupport
import Testing

/// Tables rotate by time while writers leave them no gap.
@Suite struct BusyRotationTests {
    private final class Flag: Sendable {
        let isUp = Mutex(false)
    }

    /// What workers and routers do with the tables that rotate by time, each a transaction of its own.
    private enum Writer: CaseIterable {
        case admits, accepts

        var tables: [String] { self == .admits ? ["inbox"] : ["idempotency", "call_result"] }

        func transactions(_ name: String, _ round: Int) -> [String] {
            let id = "\(name)-\(round)"
            guard self == .accepts else {
                return ["SELECT mesh.known_ids('g', ARRAY['\(id)'])", "SELECT mesh.admit('g', ARRAY['\(id)'])"]
            }
            return [
                """
                SELECT mesh.accept(l.id, l.lease_epoch, l.next_seq, 0, '{t}', '{0}', '{k}', '{\(id)}', '{t}', '{/s}', ARRAY[now()],
                    ARRAY['{}'], '{NULL}', '{true}', '{s}', '{\(id)}', ARRAY['x'::bytea]) FROM mesh.lane l WHERE l.owner = '\(name)'
                """
            ]
        }
    }

    /// Of four writers one or the other has always begun before the others end.
    @Test(arguments: Writer.allCases)
    private func `ids are forgotten though transactions follow each other without a gap`(writer: Writer) async throws {
        try await withStore(connections: 2) { url, pool in
            let names = (0..<4).map { "w\($0)" }
            for name in names { try await pool.execute("SELECT mesh.claim_router_lane('\(name)', 60, false)") }
            let isDone = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { isDone.isUp.withLock { $0 = true } }
                for name in names {
                    group.addTask {
                        let connection = try PostgresConnection(PostgresConfiguration(url: url))
                        defer { connection.close() }
                        var round = 0
                        while !isDone.isUp.withLock({ $0 }) {
                            for sql in writer.transactions(name, round) {
                                try await connection.script("BEGIN; \(sql); SELECT pg_sleep(0.01); COMMIT")
                            }
                            round += 1
                        }
                    }
                }
                try await eventually {
                    try await pool.value("SELECT count(*) >= 8 FROM mesh.\(writer.tables[0])") == "true"
                }
                let waiting = """
                    SELECT count(*) FROM mesh.rotation WHERE active = 0 AND name IN ('\(writer.tables.joined(separator: "', '"))')
                    """
                for _ in 0..<5 where try await pool.value(waiting) != "0" {
                    try await pool.execute(
                        "UPDATE mesh.rotation SET moved_at = moved_at - interval '5 hours' WHERE active = 0")
                    try await Janitor(pool).expire()
                }
                #expect(try await pool.value(waiting) == "0")
            }
        }
    }
}
