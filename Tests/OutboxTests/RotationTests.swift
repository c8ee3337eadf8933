import MeshCore
import Outbox
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite struct RotationTests {
    private let size =
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind = 'r' AND c.relname ~ "

    private func bytes(_ pool: PostgresPool, _ table: String) async throws -> Int {
        Int(try await pool.value("\(size) '^\(table)_[0-9]+$'") ?? "") ?? -1
    }

    @Test(
        arguments: [
            ("outbox_slot_bytes", ["32MB", "0", "-1", "1e9", ""], ["67108864", "1"]),
            ("journal_slot_bytes", ["64 MB"], ["500000"]),
            ("deduplication_hours", ["abc", "0", "NaN", "-1"], ["24", "0.5"]),
            (
                "workflow_retention", ["never", "0 days", "-1 day", "10000 years"],
                ["7 days", "0.3 seconds", "P1Y", "1000 years"]
            ),
            ("workflow_retention.s.S", ["soon"], ["1 hour"]), ("broker_durable", ["perhaps"], ["false"]),
            ("partitions", ["0", "many"], ["12"]), ("anything", [], ["else"]),
        ] as [(String, [String], [String])])
    func `a setting that can't be read isn't taken`(name: String, bad: [String], good: [String]) async throws {
        try await withStore { _, pool in
            func set(_ value: String) async throws {
                try await pool.execute(
                    """
                    INSERT INTO mesh.setting (name, value) VALUES ('\(name)', '\(value)')
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """)
            }
            for value in bad {
                let error = await #expect(throws: PostgresError.self) { try await set(value) }
                #expect(error?.message.contains("the setting \"\(name)\" is ") == true, "\(value): \(error as Any)")
            }
            for value in good { try await set(value) }
        }
    }

    @Test(arguments: [false, true])
    func `the outbox is as large after many cycles as after one, whoever holds a snapshot or a lane`(isHeld: Bool)
        async throws
    {
        try await withStore(connections: 2) { url, pool in
            try await pool.execute("UPDATE mesh.setting SET value = '200000' WHERE name = 'outbox_slot_bytes'")
            let store = PostgresPartitionStore(pool)
            let janitor = Janitor(pool)
            let held = try PostgresConnection(PostgresConfiguration(url: url))
            defer { held.close() }
            // A lane whose rows nobody publishes, in the first child and in the one after.
            let blocked = PartitionID(group: "wasmesh.default", topic: "shop.Blocked", partition: 0)
            var poison = try await store.claim(blocked, owner: "a", logStart: 0)
            if isHeld {
                try await held.script(
                    "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM mesh.lane; SELECT pg_current_xact_id()"
                )
            }
            var claim = try await store.claim(orders, owner: "a", logStart: 0)
            var sizes: [Int] = []
            var largest = 0
            for cycle in 0..<120 {
                if isHeld, cycle % 10 == 0, cycle < 50 {
                    var batch = poison.batch(blocked)
                    batch.outbox = [
                        OutboxRow(
                            sequence: poison.lane.nextSequence, topic: "t", partition: 0,
                            message: message("poison-\(cycle)"))
                    ]
                    batch.nextSequence += 1
                    try await store.commit(batch)
                    poison.nextOffset += 1
                    poison.lane.nextSequence += 1
                }
                var batch = claim.batch()
                batch.acknowledgedSequence = claim.lane.nextSequence - 1
                batch.outbox = (0..<200).map {
                    OutboxRow(
                        sequence: claim.lane.nextSequence + Int64($0), topic: "t", partition: 0,
                        message: message(data: "{\"filler\":\"\(String(repeating: "x", count: 200))\"}"))
                }
                batch.nextSequence += 200
                try await store.commit(batch)
                claim.nextOffset += 1
                claim.lane.nextSequence += 200
                try await janitor.sweep()
                let now = try await bytes(pool, "outbox")
                largest = max(largest, now)
                if cycle == 30 || cycle == 119 { sizes.append(largest) }
            }
            #expect(sizes[1] <= sizes[0] + 250_000, "\(sizes)")
            #expect(largest < 2_500_000, "\(largest)")
            let left = try await store.unpublished(lane: poison.lane.id, above: 0, limit: 100)
            #expect(
                left.map(\.message.id)
                    == (isHeld ? ["poison-0", "poison-10", "poison-20", "poison-30", "poison-40"] : []))
            #expect(
                try await store.unpublished(lane: claim.lane.id, above: claim.lane.nextSequence - 201, limit: 1000)
                    .count == 200)
        }
    }

    @Test(arguments: [false, true])
    func `the SQL lane's tables stay small, also while a transaction that has emitted stays open`(isHeld: Bool)
        async throws
    {
        try await withStore(connections: 4) { url, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute("UPDATE mesh.setting SET value = '200000' WHERE name = 'outbox_slot_bytes'")
            let held = try PostgresConnection(PostgresConfiguration(url: url))
            defer { held.close() }
            let log = RecordingLog()
            let janitor = Janitor(pool)
            var sizes: [Int] = []
            try await withRelay(pool, log) {
                if isHeld { try await held.script("BEGIN; SELECT mesh.emit('order.placed', 'held', '{}')") }
                var largest = 0
                for cycle in 0..<60 {
                    _ = try await pool.value(
                        "SELECT count(mesh.emit('order.placed', 'k', '{\"a\": 1}')) FROM generate_series(1, 300)")
                    try await eventually { log.entries.count >= (cycle + 1) * 300 }
                    try await janitor.sweep()
                    largest = max(largest, try await bytes(pool, "outbox_sql"))
                    if cycle == 20 || cycle == 59 { sizes.append(largest) }
                }
                if isHeld {
                    try await held.script("COMMIT")
                    try await eventually { log.entries.contains { $0.row.message.key == "held" } }
                }
            }
            #expect(sizes[1] <= sizes[0] + 300_000, "\(sizes)")
            #expect(log.entries.count == 60 * 300 + (isHeld ? 1 : 0))
        }
    }

    @Test func `a setting that is no number keeps its own table large, and no other`() async throws {
        try await withStore(connections: 2) { _, pool in
            try await pool.execute(
                """
                ALTER TABLE mesh.setting DISABLE TRIGGER fits;
                UPDATE mesh.setting SET value = '64 MB' WHERE name = 'journal_slot_bytes';
                UPDATE mesh.setting SET value = '0.00001' WHERE name = 'deduplication_hours';
                """)
            let janitor = Task { await Janitor(pool, every: .milliseconds(1)).run() }
            defer { janitor.cancel() }
            try await eventually("ids to be forgotten") {
                try await pool.value("SELECT active > 0 FROM mesh.rotation WHERE name = 'inbox'") == "true"
            }
        }
    }

    /// Large values lie in a table beside their child's own, which stays small.
    @Test func `large messages fill a child as small ones do`() async throws {
        try await withStore(connections: 2) { _, pool in
            try await pool.execute("UPDATE mesh.setting SET value = '500000' WHERE name = 'outbox_slot_bytes'")
            let active = """
                SELECT string_agg(name || ' ' || active, ', ' ORDER BY name) FROM mesh.rotation WHERE name IN ('outbox', 'outbox_sql')
                """
            let large = "(SELECT string_agg(gen_random_uuid()::text, '') FROM generate_series(1, 600 + 0 * n))"
            let janitor = Janitor(pool)
            try await janitor.sweep()
            #expect(try await pool.value(active) == "outbox 0, outbox_sql 0")
            try await pool.execute(
                """
                INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, key, id, type, source, data)
                    SELECT 0, 1, n, 0, now(), 't', 'k', n::text, 't', '/s', \(large) FROM generate_series(1, 40) n;
                INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data)
                    SELECT 0, pg_current_xact_id(), n, now(), 't', 'k', n::text, 't', '/s', \(large) FROM generate_series(1, 40) n;
                """)
            #expect(try await pool.value("SELECT pg_relation_size('mesh.outbox_0') < 20000") == "true")
            try await janitor.sweep()
            #expect(try await pool.value(active) == "outbox 1, outbox_sql 1")
            // What is empty isn't moved on from.
            try await janitor.sweep()
            #expect(try await pool.value(active) == "outbox 1, outbox_sql 1")
        }
    }

    @Test func `with a broker that forgets, a group that lags keeps its own messages and not the others' children`()
        async throws
    {
        try await withStore(connections: 2) { _, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute(
                """
                UPDATE mesh.setting SET value = 'false' WHERE name = 'broker_durable';
                UPDATE mesh.setting SET value = '200000' WHERE name = 'outbox_slot_bytes';
                """)
            let store = PostgresPartitionStore(pool)
            let janitor = Janitor(pool)
            var claim = try await store.claim(orders, owner: "a", logStart: 0)
            var largest = 0
            // Nobody hears order.placed; payment.captured has a handler that never gets to its messages, a few of many.
            for cycle in 0..<100 {
                var batch = claim.batch()
                batch.acknowledgedSequence = claim.lane.nextSequence - 1
                batch.outbox = (0..<200).map {
                    OutboxRow(
                        sequence: claim.lane.nextSequence + Int64($0),
                        topic: $0 == 7 ? "payment.captured" : "order.placed", partition: 0,
                        message: message(
                            "\(cycle)-\($0)", data: "{\"filler\":\"\(String(repeating: "x", count: 200))\"}"))
                }
                batch.nextSequence += 200
                try await store.commit(batch)
                claim.nextOffset += 1
                claim.lane.nextSequence += 200
                try await janitor.sweep()
                largest = max(largest, try await bytes(pool, "outbox"))
            }
            #expect(largest < 2_500_000, "\(largest)")
            let left = try await store.unpublished(lane: claim.lane.id, above: 0, limit: 100_000)
            #expect(left.filter { $0.topic == "payment.captured" }.map(\.message.id) == (0..<100).map { "\($0)-7" })
            // Once it has consumed them, they go.
            let handler = PartitionID(group: "shop.Orders", topic: "payment.captured", partition: 0)
            var done = try await store.claim(handler, owner: "b", logStart: 0).batch(handler)
            done.watermarks = [claim.lane.id: LaneWatermark(epoch: 1, sequence: claim.lane.nextSequence)]
            try await store.commit(done)
            var last = claim.batch()
            last.acknowledgedSequence = claim.lane.nextSequence - 1
            try await store.commit(last)
            try await pool.execute("SELECT mesh.move_slot('outbox', false)")
            for _ in 0..<10 { try await janitor.sweep() }
            #expect(try await pool.value("SELECT count(*) FROM mesh.outbox") == "0")
        }
    }

    @Test func `ids and results are forgotten after their time, not before`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let janitor = Janitor(pool)
            var claim = try await store.claim(orders, owner: "a", logStart: 0)
            // Five periods and more are remembered; after six moves the first is gone.
            for period in 0..<12 {
                var batch = claim.batch()
                batch.inboxIDs = ["id-\(period)"]
                batch.callResults = [CallResult(id: "call-\(period)", status: .ok, data: Array("{}".utf8))]
                try await store.commit(batch)
                claim.nextOffset += 1
                let known = try await store.load(
                    LoadRequest(partition: orders, externalIDs: (0...period).map { "id-\($0)" })
                ).knownIDs
                #expect(known.isSuperset(of: (max(0, period - 4)...period).map { ExactText("id-\($0)") }))
                #expect(known.count <= 6)
                let results = try await PostgresIngressStore(pool).results(of: [
                    "call-\(max(0, period - 4))", "call-\(period - 6)",
                ])
                #expect(results["call-\(max(0, period - 4))"] != .unknown && results["call-\(period - 6)"] == .unknown)
                try await pool.execute("UPDATE mesh.rotation SET moved_at = moved_at - interval '5 hours'")
                try await janitor.expire()
            }
        }
    }

    @Test func `a broker that comes back empty is refilled with what was not consumed, once`() async throws {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute(
                """
                UPDATE mesh.setting SET value = 'false' WHERE name = 'broker_durable';
                UPDATE mesh.setting SET value = '100000' WHERE name = 'outbox_slot_bytes';
                """)
            let registry = RegistryStore(pool)
            let store = PostgresPartitionStore(pool)
            let janitor = Janitor(pool)
            let log = RecordingLog()
            // The service that handles payment.captured consumes it, partition by partition.
            let group = "shop.Orders"
            var consumed: [String] = []
            var marks: [Int32: Int64] = [:]
            func consume(upTo count: Int, from entries: [RecordingLog.Entry]) async throws {
                for entry in entries where entry.row.topic == "payment.captured" {
                    guard consumed.count < count, entry.row.sequence > marks[entry.row.partition] ?? 0 else { continue }
                    let id = PartitionID(group: group, topic: "payment.captured", partition: entry.row.partition)
                    var batch = try await store.claim(id, owner: "w", logStart: 0).batch(id)
                    batch.watermarks = [entry.lane: LaneWatermark(epoch: entry.epoch, sequence: entry.row.sequence)]
                    try await store.commit(batch)
                    marks[entry.row.partition] = entry.row.sequence
                    consumed.append(entry.row.message.id)
                }
            }
            var ids: [String] = []
            try await withRelay(pool, log) {
                for i in 0..<200 {
                    ids.append(
                        try #require(
                            try await pool.value(
                                "SELECT mesh.emit('payment.captured', 'k\(i % 7)', '{\"filler\": \"\(String(repeating: "x", count: 400))\"}')"
                            )))
                }
                try await eventually { log.deduplicated.count >= 200 }
                try await consume(upTo: 60, from: log.entries)
                // Acknowledged, not consumed: the janitor must keep it.
                for _ in 0..<5 { try await janitor.sweep() }
                let before = log.entries.count
                let book = try await registry.topicBook()
                #expect(
                    try await registry.brokerReset(lost: ["payment.captured"], observed: book.brokerEpoch, by: "test"))
                #expect(
                    try await !registry.brokerReset(lost: ["payment.captured"], observed: book.brokerEpoch, by: "test"))
                #expect(try await pool.value("SELECT max(next_offset) FROM mesh.position") == "0")
                try await eventually("a refill", within: .seconds(20)) {
                    Set(log.entries.dropFirst(before).map(\.row.message.id)).isSuperset(
                        of: Set(ids).subtracting(consumed))
                }
                let refill = log.entries.dropFirst(before)
                #expect(refill.allSatisfy { $0.epoch == 2 })
                // In order, with the sequences they had; so the watermarks drop what was consumed.
                #expect(refill.map(\.row.sequence) == refill.map(\.row.sequence).sorted())
                try await consume(upTo: .max, from: Array(refill))
                try await eventually {
                    try await pool.value("SELECT acked_seq >= 200 FROM mesh.lane WHERE kind = 'sql'") == "true"
                }
            }
            #expect(consumed.count == 200 && Set(consumed) == Set(ids))
            for _ in 0..<20 { try await janitor.sweep() }
            // Everything is consumed: nothing but the active child holds rows.
            #expect(
                try await pool.value("SELECT count(*) FROM mesh.outbox WHERE slot <> mesh.active_slot('outbox')") == "0"
            )
        }
    }

    @Test(arguments: [false, true])
    func `what a topic holds that is there still isn't lost with another one`(isDurable: Bool) async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let registry = RegistryStore(pool)
            try await registry.set("broker_durable", to: "\(isDurable)")
            let store = PostgresPartitionStore(pool)
            let id = PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: 0)
            var claim = try await store.claim(id, owner: "w", logStart: 0)
            var batch = claim.batch(id)
            batch.nextSequence = 2
            batch.outbox = [OutboxRow(sequence: 1, topic: "payment.captured", partition: 0, message: message())]
            try await store.commit(batch)
            claim.nextOffset += 1
            claim.lane.nextSequence = 2
            batch = claim.batch(id)
            batch.acknowledgedSequence = 1
            try await store.commit(batch)
            let epoch = try await registry.topicBook().brokerEpoch
            #expect(try await registry.brokerReset(lost: ["shop.Orders"], observed: epoch, by: "test"))
            // It is acknowledged and not consumed. Either it counts as it stands there, or it is published again.
            let lane = try await pool.rows("SELECT epoch, acked_seq FROM mesh.lane WHERE id = \(claim.lane.id)")
            #expect(lane == [isDurable ? "(1,1)" : "(2,0)"])
        }
    }
}
