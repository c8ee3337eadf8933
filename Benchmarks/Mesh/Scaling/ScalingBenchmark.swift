import Foundation
import Kafka
import MeshCore
import Outbox
import Postgres
import WasmWorker

/// How cost grows: one number is varied at a time, and each point gives throughput, processor time per message, and latency.
///
/// `Benchmarks/run scaling` writes the tables and plots under `docs/performance`.
enum ScalingBenchmark {
    static func run(_ stage: Stage) async throws {
        var report = ScalingReport()
        for axis in ScalingAxis.all where stage.options.axes.isEmpty || stage.options.axes.contains(axis.name) {
            var points: [ScalingPoint] = []
            for value in axis.values where value <= stage.options.scalingMaximum {
                var scenario = ScalingScenario()
                axis.apply(value, &scenario)
                note("\(axis.name) \(value)")
                points.append(try await measure(stage, scenario, value: value))
            }
            report.add(axis, points)
        }
        try report.write()
    }

    private static func measure(_ base: Stage, _ scenario: ScalingScenario, value: Int) async throws -> ScalingPoint {
        var options = base.options
        options.partitions = scenario.partitions
        options.keys = scenario.keys
        options.payload = scenario.payload
        options.records = scenario.records
        let stage = Stage(
            options: options, broker: base.broker, postgres: base.postgres, kafka: base.kafka, directory: base.directory
        )
        let database = try await stage.database()
        defer { database.close() }
        let fillers = FillerServices(count: scenario.services - 1)
        try await stage.makeTopics(Tally.topics + fillers.topics)
        try await Tally.deploy(database)
        try await fillers.deploy(database)
        try await prepare(scenario, database.connections[0])
        if scenario.isFilledFirst { try await stage.fill("bench.Tally") }
        let wal = try await walBytes(database)
        let workers = try await ScalingWorkers.start(stage, scenario, database)
        if !scenario.isFilledFirst { try await stage.fill("bench.Tally") }
        let measurement = try await stage.measure("bench.added")
        let written = (try await walBytes(database) - wal) / Double(options.records)
        let perCommit = workers.messagesPerCommit
        let latency = try await LatencyProbe.run(stage)
        try await workers.stop()
        _ = try await KafkaAdmin(stage.kafka).deleteTopics(fillers.topics)
        return ScalingPoint(
            value: value, measurement: measurement, walBytes: written, perCommit: perCommit, latency: latency,
            startSeconds: workers.startSeconds)
    }

    private static func walBytes(_ database: PostgresPool) async throws -> Double {
        try await database.query(.oneOff("SELECT wal_bytes::float8 FROM pg_stat_wal")).first?.float64(0) ?? .nan
    }

    /// Stores the states and the parked messages that a scenario begins with.
    private static func prepare(_ scenario: ScalingScenario, _ connection: PostgresConnection) async throws {
        try await connection.script(
            """
            INSERT INTO mesh.state (service, key, version, data)
            SELECT 'bench.Tally', 'name-' || i, 1, jsonb_build_object('name', 'name-' || i, 'total', '1.00', 'count', 1)
            FROM generate_series(0, \(scenario.keys - 1)) i;
            INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id,
                message_key, type, source, created_at, data, attempts, due, error_code, error_message)
            SELECT 'bench.Tally', 'bench.Tally', i % \(scenario.partitions), -1, 'bench.Tally', 'add', 'parked-' || i, 'parked-' || i,
                'parked-' || i, 'bench.Tally/add', '/bench', now(),
                '{"entry":{"name":"parked-' || i || '","amount":"12.50"}}', 1, now() + interval '1 day', 'UNAVAILABLE', 'later'
            FROM generate_series(1, \(scenario.parked)) i;
            ANALYZE mesh.state; ANALYZE mesh.parked; CHECKPOINT
            """)
    }
}
