import MeshCore
@testable import Outbox
import Postgres
import TestSupport
import Testing

/// How dead letters are looked for.
@Suite struct DeadLetterListTests {
    private func insert(_ pool: PostgresPool, _ count: Int) async throws {
        try await pool.execute(
            """
            INSERT INTO mesh.dead_letter (status, consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source,
                payload, attempts, error_code, error_message, resolved_at)
            SELECT CASE WHEN n % 3 = 0 THEN 'redriven' ELSE 'open' END, 'shop.Orders', 'shop.Orders', 0, n, 'shop.Orders',
                CASE WHEN n = 500 THEN 'find' ELSE 'place' END, 'k' || n % 700, 'm-' || n, 'shop.Orders/place', '/http', '{}', 6,
                CASE WHEN n = 700 THEN 'RARE' ELSE 'OUT_OF_STOCK' END, 'no', CASE WHEN n % 3 = 0 THEN now() END
            FROM generate_series(1, \(count)) n;
            ANALYZE mesh.dead_letter;
            """)
    }

    private func filter(_ change: (inout DeadLetterFilter) -> Void) -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        change(&filter)
        return filter
    }

    @Test func `each filter leaves what it names, and all of them together what has them all`() async throws {
        try await withStore { _, pool in
            try await insert(pool, 1000)
            let letters = DeadLetterStore(pool)
            func ids(_ change: (inout DeadLetterFilter) -> Void) async throws -> [String] {
                try await letters.list(filter(change)).compactMap(\.messageID)
            }
            #expect(try await ids { $0.method = "find" } == ["m-500"])
            #expect(try await ids { $0.errorCode = "RARE" } == ["m-700"])
            #expect(try await ids { $0.key = "k7" } == ["m-707", "m-7"])
            #expect(try await ids { ($0.key, $0.status) = ("k60", nil) } == ["m-760", "m-60"])
            #expect(try await ids { ($0.key, $0.status) = ("k60", .redriven) } == ["m-60"])
            #expect(try await ids { ($0.key, $0.method, $0.errorCode) = ("k7", "place", "OUT_OF_STOCK") }.count == 2)
            #expect(try await ids { ($0.key, $0.method) = ("k7", "find") } == [])
            #expect(try await ids { ($0.key, $0.service) = ("k7", "shop.Order") } == [])
            #expect(try await ids { $0.key = "k7' OR true --" } == [])
            #expect(try await ids { ($0.key, $0.failedSince) = ("k7", Timestamp.now.advanced(by: .seconds(60))) } == [])
        }
    }

    @Test(
        arguments: [
            ("dead_letter_method", "find", nil, nil), ("dead_letter_key", nil, "k7", nil),
            ("dead_letter_code", nil, nil, "RARE"),
        ] as [(String, String?, String?, String?)])
    func `what is rare is found by an index, open or not`(index: String, method: String?, key: String?, code: String?)
        async throws
    {
        try await withStore { _, pool in
            try await insert(pool, 20_000)
            for status in [DeadLetter.Status.open, nil] {
                let filter = filter { ($0.method, $0.key, $0.errorCode, $0.status) = (method, key, code, status) }
                let (statement, values) = DeadLetterStatement.list(filter)
                let plan = try await Database(pool).query(.oneOff("EXPLAIN " + statement.sql), values).map {
                    try $0.text(0)
                }
                #expect(plan.contains { $0.contains(index) }, "\(plan.joined(separator: "\n"))")
            }
        }
    }

    @Test func `a key, a method and a code of any length are stored, and found`() async throws {
        try await withStore(connections: 4) { _, pool in
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(orders, owner: "a", logStart: 0).batch()
            // Nothing that compresses, or it would fit into an index after all.
            var seed = Seed()
            let long = (0..<3).map { _ in (0..<20_000).map { _ in String(seed.integer(in: 0...9)) }.joined() }
            for end in ["a", "b"] {
                var sent = message("m-" + end, type: "shop.Orders/x", data: "{}")
                sent.key = long[0] + end
                batch.deadLetters.append(
                    NewDeadLetter(
                        of: sent, offset: 0, service: "shop.Orders", method: long[1] + end, attempts: 1,
                        error: MeshError(.internalError, "no", applicationCode: long[2] + end), digest: nil))
            }
            #expect(try await store.commit(batch).deadLetterIDs.count == 2)
            let found = try await DeadLetterStore(pool).list(
                filter { ($0.key, $0.method, $0.errorCode) = (long[0] + "b", long[1] + "b", long[2] + "b") })
            #expect(found.map(\.messageID) == ["m-b"])
        }
    }
}
