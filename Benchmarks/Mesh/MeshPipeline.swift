import Kafka
import MeshCore
import Postgres
import WasmWorker

/// The same records through a worker: decoded, checked against the schema, run each in a fresh sandbox, committed, published.
enum MeshPipeline {
    static func measure(_ stage: Stage) async throws -> Measurement {
        let database = try await stage.database()
        defer { database.close() }
        let topics = ["bench.Tally", "bench.added", "bench.Tally.dead", Topics.replies]
        try await stage.makeTopics(topics)
        try await stage.fill("bench.Tally")
        try await Tally.deploy(database)
        let worker = try MeshWorker(
            WorkerConfiguration(
                kafka: stage.kafka, name: "bench", partitions: stage.options.partitions,
                codeCacheDirectory: stage.directory + "/code"), database: database)
        let task = Task { try await worker.run() }
        let measurement = try await stage.measure("bench.added")
        let statistics = worker.statistics
        task.cancel()
        try await task.value
        let perBatch = statistics.executions / max(1, statistics.batches)
        note(
            "mesh: \(perBatch) messages per commit, \(statistics.failures) failures, \(statistics.conflicts) conflicts, \(statistics.reclaims) reclaims"
        )
        return measurement
    }
}
