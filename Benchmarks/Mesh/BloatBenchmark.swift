import Embedded
import Foundation
import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing
import Synchronization
import WasmWorker

/// Sizes of the tables with churn after some messages and after five times as many: plainly, with a transaction held open all the
/// while, and with a key whose messages always fail. Half the messages go through a worker, half come from SQL.
///
/// The embedded broker never lets go of a record, and slows down with all it holds. So it is changed for an empty one now and then, as `wasmesh dev`
/// does it, once everything that was sent has arrived; a router notices and makes the topics anew.
enum BloatBenchmark {
    /// How many messages one broker gets.
    private static let messagesPerBroker = 400_000

    static func run(_ stage: Stage) async throws {
        let count = stage.options.bloat
        say("### Sizes of tables: after \(count) messages and after \(5 * count)\n")
        say("A slot is \(slotBytes(count) >> 10) KiB (64 MiB for a million messages, scaled). KiB, indexes included.\n")
        say(
            "| case | table | after \(count) | after \(5 * count) | peak until \(count) | peak after |\n|---|---|---|---|---|---|"
        )
        for scenario in Scenario.allCases { try await measure(stage, scenario) }
    }

    private enum Scenario: String, CaseIterable {
        case plain
        case heldTransaction = "a transaction held open"
        case poisonKey = "a poison key"
    }

    private static func slotBytes(_ count: Int) -> Int { max(1 << 20, (64 << 20) * count / 1_000_000) }

    private static func measure(_ stage: Stage, _ scenario: Scenario) async throws {
        let count = stage.options.bloat
        let database = try await stage.database(connections: 8)
        let others = try await stage.database(like: database, connections: 4)
        defer {
            database.close()
            others.close()
        }
        try await database.connections[0].script(
            """
            UPDATE mesh.setting SET value = '\(slotBytes(count))' WHERE name = 'outbox_slot_bytes';
            UPDATE mesh.setting SET value = 'false' WHERE name = 'broker_durable'
            """)
        try await stage.makeTopics(Tally.topics)
        try await Tally.deploy(database)
        if scenario == .heldTransaction {
            try await others.connections[0].script(
                "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id(), count(*) FROM mesh.setting")
        }
        let router = try await stage.database(like: database, connections: 6)
        defer { router.close() }
        let mesh = try await WorkingMesh(stage, database, router: router)
        let sizes = TableSizes(others.connections[1])
        let sampling = Task { await sizes.sample() }
        try await send(stage, others.connections[2], 0..<count, scenario)
        let first = try await sizes.take()
        try await send(stage, others.connections[2], count..<(5 * count), scenario)
        let last = try await sizes.take()
        sampling.cancel()
        await sampling.value
        for table in TableSizes.tables {
            let cells = [
                first.now[table], last.now[table], first.peak[table], last.peak[table],
            ].map { "\(($0 ?? 0) >> 10)" }
            say("| \(scenario.rawValue) | `mesh.\(table)` | \(cells.joined(separator: " | ")) |")
        }
        try await mesh.stop()
    }

    private static let emit = Statement(
        "bench bloat emit",
        """
        SELECT count(mesh.emit('bench.added', 'name-' || i % 5000, '{"name":"name-' || i % 5000 || '","total":"12.50"}'))
        FROM generate_series($1::int8, $2::int8) i
        """)

    /// Sends the messages of a range, each part of it to a broker of its own.
    private static func send(
        _ stage: Stage, _ session: PostgresConnection, _ range: Range<Int>, _ scenario: Scenario
    ) async throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: messagesPerBroker) {
            if start > 0 { try await changeBroker(stage) }
            let end = min(start + messagesPerBroker, range.upperBound)
            try await pass(stage, session, start..<end, scenario)
            note("\(scenario.rawValue): \(end) messages")
        }
    }

    /// Puts an empty broker in the place of the one that is full, and waits until the router has made the topics.
    private static func changeBroker(_ stage: Stage) async throws {
        try await stage.broker.restart()
        let admin = try KafkaAdmin(stage.kafka)
        while true {
            let known = try? await admin.metadata()
            if let known, Set(Tally.topics).isSubset(of: known.topics.keys) { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        await admin.close()
    }

    /// Sends the messages of a range, every other one from SQL, and waits until all events are in Kafka and the janitor has been there.
    private static func pass(
        _ stage: Stage, _ session: PostgresConnection, _ range: Range<Int>, _ scenario: Scenario
    ) async throws {
        let half = range.lowerBound / 2..<range.upperBound / 2
        let poison = scenario == .poisonKey ? half.count(where: { $0 % poisonEvery == 0 }) : 0
        let admin = try KafkaAdmin(stage.kafka)
        let before = try await stage.count("bench.added", admin)
        async let called: Void = stage.fill(
            "bench.Tally", half, poisonEvery: scenario == .poisonKey ? poisonEvery : nil)
        for start in stride(from: half.lowerBound, to: half.upperBound, by: 500) {
            _ = try await session.query(
                emit, .int64(Int64(start)), .int64(Int64(min(start + 500, half.upperBound) - 1)))
        }
        try await called
        while try await stage.count("bench.added", admin) < before + 2 * half.count - poison {
            try await Task.sleep(for: .milliseconds(100))
        }
        await admin.close()
        // The acknowledgements are stored within a second; the janitor comes four times a second.
        try await Task.sleep(for: .seconds(3))
    }

    private static let poisonEvery = 1000
}

/// A router, a worker, a relay and a janitor in this process.
private struct WorkingMesh {
    private let mesh: RunningMesh
    private let background: Task<Void, Never>

    init(_ stage: Stage, _ database: PostgresPool, router: PostgresPool) async throws {
        mesh = try await RunningMesh.start(stage, router: router, worker: database)
        let kafka = stage.kafka
        let relay = SQLRelay(database, RelayConfiguration(owner: "bench")) { try KafkaLanePublisher(kafka) }
        background = Task {
            async let janitor: Void = Janitor(database).run()
            await relay.run()
            await janitor
        }
    }

    func stop() async throws {
        background.cancel()
        try await mesh.stop()
        await background.value
    }
}

/// The sizes of the tables with churn: now, and the highest since they were last taken.
private final class TableSizes: Sendable {
    static let tables = [
        "outbox", "outbox_sql", "outbox_transaction", "relay_tick", "inbox", "state", "position", "watermark", "lane",
        "parked", "dead_letter",
    ]

    private let connection: PostgresConnection
    private let peak = Mutex<[String: Int64]>([:])

    init(_ connection: PostgresConnection) { self.connection = connection }

    func sample() async {
        while !Task.isCancelled {
            if let sizes = try? await read() {
                peak.withLock { $0.merge(sizes) { max($0, $1) } }
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    func take() async throws -> (now: [String: Int64], peak: [String: Int64]) {
        let now = try await read()
        let highest = peak.withLock { peak in
            defer { peak = [:] }
            return peak.merging(now) { max($0, $1) }
        }
        return (now, highest)
    }

    private func read() async throws -> [String: Int64] {
        let rows = try await connection.query(
            .oneOff(
                """
                SELECT t.name, coalesce(
                    (SELECT sum(pg_total_relation_size(p.relid))::int8 FROM pg_partition_tree(('mesh.' || t.name)::regclass) p),
                    pg_total_relation_size('mesh.' || t.name))
                FROM unnest($1::text[]) t(name)
                """), .texts(TableSizes.tables))
        var sizes: [String: Int64] = [:]
        for row in rows { sizes[try row.text(0)] = try row.int64IfAny(1) ?? 0 }
        return sizes
    }
}
