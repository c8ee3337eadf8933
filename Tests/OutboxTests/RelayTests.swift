import MeshCore
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Outbox

@Suite struct RelayTests {
    /// Eight connections write transactions of random shape at once. Every message has an ordinal that its writer drew under a lock of its own
    /// for each key, held to the end of the transaction: so ordinals of one key rise in the order of commits, which is what the log must show.
    @Test func `whatever writers do at once, nothing is lost or doubled, and each key keeps the order of commits`()
        async throws
    {
        let seed = Seed()
        try await withStore(connections: 2) { url, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute(
                """
                CREATE TABLE counter (key text PRIMARY KEY, n bigint NOT NULL);
                INSERT INTO counter SELECT 'k' || i, 0 FROM generate_series(0, 5) i;
                CREATE TABLE expected (key text, n bigint);
                -- Draws the ordinal under the key's row lock and emits it, as an application does that changes a row and tells of it.
                CREATE FUNCTION work(k text) RETURNS void LANGUAGE plpgsql AS $$
                DECLARE ordinal bigint; BEGIN
                    UPDATE counter SET n = n + 1 WHERE key = k RETURNING n INTO ordinal;
                    INSERT INTO expected VALUES (k, ordinal);
                    PERFORM mesh.emit('order.placed', k, to_json(ordinal));
                END $$;
                """)
            let log = RecordingLog()
            let committed = try await withRelay(pool, log, adjust: { $0.page = 7 }) {
                let committed = try await withThrowingTaskGroup(of: Int.self) { group in
                    for writer in 0..<8 {
                        group.addTask {
                            var random = Seed(value: seed.value &+ UInt64(writer))
                            let connection = try PostgresConnection(PostgresConfiguration(url: url))
                            defer { connection.close() }
                            return try await write(&random, connection, transactions: 60)
                        }
                    }
                    return try await group.reduce(0, +)
                }
                let count = Int(try await pool.value("SELECT count(*) FROM expected") ?? "") ?? -1
                try await eventually("\(count) messages, got \(log.deduplicated.count)", within: .seconds(30)) {
                    log.deduplicated.count >= count
                }
                return committed
            }
            #expect(committed > 100)
            var found: [String: [Int64]] = [:]
            for entry in log.deduplicated {
                found[entry.row.message.key ?? "", default: []].append(
                    Int64(String(decoding: entry.row.message.data, as: UTF8.self)) ?? -1)
            }
            let expected = try await pool.rows(
                "SELECT key, string_agg(n::text, '.' ORDER BY n) FROM expected GROUP BY key ORDER BY key")
            #expect(
                found.sorted { $0.key < $1.key }.map {
                    "(\($0.key),\($0.value.map(String.init).joined(separator: ".")))"
                } == expected)
            #expect(Set(log.ids).count == log.ids.count)
        }
    }

    @Test(arguments: [
        (count: 0, quiet: 1, milliseconds: 3), (39, 0, 3), (40, 0, 10), (999, 0, 10), (0, 300, 3), (0, 301, 20),
    ])
    func `the relay waits longer after ticks that bring much, and while nothing comes`(
        count: Int, quiet: Int, milliseconds: Int
    ) {
        #expect(RelayConfiguration(owner: "r").pause(after: count, quiet: quiet) == .milliseconds(milliseconds))
    }

    /// Keys are taken in ascending order within a transaction, so that writers don't deadlock on the counters; now and then they do something else in between.
    private func write(_ random: inout Seed, _ connection: PostgresConnection, transactions: Int) async throws -> Int {
        var committed = 0
        for _ in 0..<transactions {
            var script = "BEGIN;"
            if random.chance(0.15) { script += "SET CONSTRAINTS ALL IMMEDIATE;" }
            if random.chance(0.1) { script += "SELECT mesh.emit('payment.captured', 'other', '{}') WHERE false;" }
            for key in (0..<6) where random.chance(0.35) {
                switch random.integer(in: 0...5) {
                case 0: script += "SAVEPOINT s; SELECT work('k\(key)'); ROLLBACK TO s;"
                case 1: script += "SAVEPOINT s; SELECT work('k\(key)'); RELEASE s;"
                case 2:
                    script += "SELECT work('k\(key)'); SELECT pg_sleep(\(Double(random.integer(in: 0...8)) / 1000));"
                default: script += "SELECT work('k\(key)');"
                }
            }
            if random.chance(0.2) { script += "SELECT pg_sleep(\(Double(random.integer(in: 0...15)) / 1000));" }
            let commits = random.chance(0.85)
            try await connection.script(script + (commits ? "COMMIT;" : "ROLLBACK;"))
            committed += commits ? 1 : 0
        }
        return committed
    }

    /// Here the application holds no lock at all: what orders the transactions of one key is the mesh's own lock at commit.
    @Test func `without any lock of the application the log shows each key in the order of commits`() async throws {
        try await withStore(connections: 2) { url, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            let connection = try PostgresConnection(PostgresConfiguration(url: url))
                            defer { connection.close() }
                            for _ in 0..<60 {
                                try await connection.script(
                                    "SELECT count(mesh.emit('order.placed', 'k' || i, '{}')) FROM generate_series(0, 2) i"
                                )
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await eventually(within: .seconds(20)) { log.deduplicated.count >= 8 * 60 * 3 }
            }
            for key in ["k0", "k1", "k2"] {
                let found = log.deduplicated.filter { $0.row.message.key == key }.map { "(\($0.row.message.id))" }
                let committed = try await pool.rows(
                    "SELECT o.message_id FROM mesh.outbox_sql o JOIN mesh.outbox_transaction t ON t.xid = o.xid AND t.commit_seq > 0 "
                        + "WHERE o.key = '\(key)' ORDER BY t.commit_seq, o.id")
                #expect(found.count == 480 && found == committed)
            }
        }
    }

    @Test func `a relay that dies between commit and publish is taken over with the same sequences`() async throws {
        try await withStore(connections: 3) { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            // Every so many rows the publisher fails in the midst of a batch, and the relay starts over.
            for round in 0..<12 {
                log.fail(after: 13 + round * 5)
                try await withRelay(pool, log, owner: "relay-\(round)", adjust: { $0.page = 10 }) {
                    _ = try await pool.value(
                        "SELECT count(mesh.emit('order.placed', 'k' || i % 3, to_json(\(round) * 40 + i))) FROM generate_series(0, 39) i"
                    )
                    try await eventually("round \(round): \(log.deduplicated.count)", within: .seconds(20)) {
                        log.deduplicated.count >= (round + 1) * 40
                    }
                }
            }
            #expect(
                log.deduplicated.map { Int(String(decoding: $0.row.message.data, as: UTF8.self)) }
                    == (0..<480).map { $0 })
            // What came twice is the same message under the same sequence.
            var bySequence: [Int64: String] = [:]
            for entry in log.entries {
                let known = bySequence[entry.row.sequence]
                #expect(known == nil || known == entry.row.message.id)
                bySequence[entry.row.sequence] = entry.row.message.id
            }
        }
    }

    @Test func `of two relays one works, and the other takes over when it dies`() async throws {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log, owner: "first", adjust: { $0.lease = .seconds(10) }) {
                try await eventually {
                    try await pool.value("SELECT owner FROM mesh.lane WHERE kind = 'sql'") == "first"
                }
                try await withRelay(pool, log, owner: "second", adjust: { $0.lease = .seconds(10) }) {
                    for i in 0..<50 { _ = try await pool.value("SELECT mesh.emit('order.placed', 'k', '\(i)')") }
                    try await eventually { log.deduplicated.count >= 50 }
                    #expect(log.entries.count == 50)
                    // Taken away by force, as when the first was paused for longer than its lease.
                    try await pool.execute(
                        "UPDATE mesh.lane SET lease_epoch = lease_epoch + 1, owner = NULL WHERE kind = 'sql'")
                    for i in 50..<100 { _ = try await pool.value("SELECT mesh.emit('order.placed', 'k', '\(i)')") }
                    try await eventually { log.deduplicated.count >= 100 }
                }
                for i in 100..<150 { _ = try await pool.value("SELECT mesh.emit('order.placed', 'k', '\(i)')") }
                try await eventually { log.deduplicated.count >= 150 }
            }
            #expect(
                log.deduplicated.map { String(decoding: $0.row.message.data, as: UTF8.self) }
                    == (0..<150).map { "\($0)" })
        }
    }

    @Test func `a transaction that stays open holds nobody up, and is delivered when it commits`() async throws {
        try await withStore(connections: 2) { url, pool in
            try await pool.execute(shopRoutes)
            let slow = try PostgresConnection(PostgresConfiguration(url: url))
            defer { slow.close() }
            let log = RecordingLog()
            try await withRelay(pool, log) {
                try await slow.script("BEGIN; SELECT mesh.emit('order.placed', 'slow', '0')")
                for i in 1...30 { _ = try await pool.value("SELECT mesh.emit('order.placed', 'k', '\(i)')") }
                try await eventually { log.deduplicated.count >= 30 }
                try await slow.script("SELECT mesh.emit('order.placed', 'k', '31'); COMMIT")
                try await eventually { log.deduplicated.count >= 32 }
            }
            #expect(
                log.deduplicated.map { String(decoding: $0.row.message.data, as: UTF8.self) } == (1...30).map {
                    "\($0)"
                } + ["0", "31"])
        }
    }

    @Test func `one large transaction arrives whole and in order`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                _ = try await pool.value(
                    "SELECT count(mesh.emit('order.placed', 'k' || i % 100, to_json(i))) FROM generate_series(1, 25000) i"
                )
                try await eventually(within: .seconds(30)) { log.entries.count >= 25000 }
            }
            #expect(log.entries.map { Int(String(decoding: $0.row.message.data, as: UTF8.self)) } == Array(1...25000))
            #expect(
                log.entries.allSatisfy {
                    $0.row.partition == Partitioner.partition(of: $0.row.message.key ?? "", count: 4)
                })
        }
    }

    @Test func `large messages are read in parts that memory holds, by the relay and by who takes its lane over`()
        async throws
    {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            _ = try await pool.value(
                "SELECT count(mesh.emit('order.placed', 'k', to_json(repeat('x', 999990)))) FROM generate_series(1, 40)"
            )
            let store = PostgresRelayStore(pool)
            let lease = try #require(try await store.claim("relay", .seconds(60)))
            var cursor = RelayCursor()
            var page = try #require(try await store.tick(&cursor, lease, done: 0, page: 2000))
            var sizes = [page.messages.count]
            var messages = page.messages
            while !page.isLast {
                page = try await store.page(cursor.tick, after: page.end, limit: 2000)
                sizes.append(page.messages.count)
                messages += page.messages
            }
            // Seventeen are the first to have sixteen megabytes.
            #expect(sizes == [17, 17, 6])
            #expect(Set(messages.map(\.message.id)).count == 40)
            let rows = messages.enumerated().map { index, message in
                OutboxRow(
                    sequence: Int64(index + 1), topic: message.topic, partition: 0, message: message.message)
            }
            try await store.copy(rows, lease)
            var left: [Int64] = []
            while true {
                let page = try await store.unpublished(lease.lane.id, above: left.last ?? 0, limit: 1000)
                if page.isEmpty { break }
                #expect(page.count <= 17)
                left += page.map(\.sequence)
            }
            #expect(left == Array(1...40))
        }
    }

    @Test func `a log that acknowledges nothing is given so many bytes and no more, and all of them once it does`()
        async throws
    {
        try await withStore(connections: 2) { _, pool in
            try await pool.execute(shopRoutes)
            let size = 50_000
            let log = RecordingLog()
            log.silence(true)
            try await withRelay(
                pool, log,
                adjust: {
                    $0.page = 5
                    $0.maximumInFlightBytes = 6 * size
                }
            ) {
                for _ in 0..<40 {
                    try await pool.execute(
                        "SELECT mesh.emit('order.placed', 'k', to_json(repeat('x', \(size))))")
                }
                // What goes beyond the bound is the rest of the page that reached it.
                try await eventually("the bound to be reached") { log.entries.count >= 6 }
                // Time for what mustn't happen; a relay without the bound hands over all of them within a few milliseconds.
                try await Task.sleep(for: .milliseconds(500))
                #expect(log.entries.count < 6 + 5)
                log.silence(false)
                try await eventually("all of them, got \(log.ids.count)") { log.ids.count == 40 }
            }
        }
    }

    @Test func `a missing topic holds the lane, then its messages become dead letters that can be redriven`()
        async throws
    {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            log.missing(["payment.captured"])
            log.refuse(largerThan: 100)
            try await withRelay(pool, log, adjust: { $0.topicPatience = .milliseconds(300) }) {
                for i in 0..<5 {
                    _ = try await pool.value("SELECT mesh.emit('payment.captured', 'k', '\(i)')")
                    _ = try await pool.value("SELECT mesh.emit('order.placed', 'k', '\(i)')")
                }
                _ = try await pool.value("SELECT mesh.emit('order.placed', 'k', to_json(repeat('x', 200)))")
                let letters = DeadLetterStore(pool)
                let dead = try await eventually(within: .seconds(30)) { () -> [DeadLetter]? in
                    let found = try await letters.list(DeadLetterFilter())
                    return found.count == 6 ? found : nil
                }
                #expect(dead.filter { $0.errorCode == "NOT_FOUND" }.count == 5)
                log.missing([])
                let outcome = try await letters.redrive(dead.map(\.id).reversed(), by: "test")
                #expect(outcome.done.count == 6)
                // The large one comes back as a new dead letter.
                try await eventually { log.ids.count >= 10 }
                try await eventually { try await letters.list(DeadLetterFilter()).count == 1 }
            }
            #expect(log.deduplicated.count == 10)
        }
    }

    @Test func `a topic that stays missing holds the lane up once, and not with each of its messages`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            log.missing(["payment.captured"])
            try await withRelay(pool, log, adjust: { $0.topicPatience = .milliseconds(300) }) {
                let letters = DeadLetterStore(pool)
                func emit(_ count: Int) async throws {
                    _ = try await pool.value("SELECT mesh.emit('payment.captured', 'k', '1')")
                    try await eventually(within: .seconds(30)) {
                        try await letters.list(DeadLetterFilter()).count == count
                    }
                }
                try await emit(1)
                let opens = log.opens
                for count in 2...4 { try await emit(count) }
                #expect(log.opens == opens)
            }
        }
    }
}
