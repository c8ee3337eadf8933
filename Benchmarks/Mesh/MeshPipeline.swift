import Foundation
import Guests
import Kafka
import MeshCore
import Outbox
import Postgres
import Wasm
import WasmWorker

/// The same records through a worker: decoded, checked against the schema, run each in a fresh sandbox, committed, published.
enum MeshPipeline {
    static func measure(_ stage: Stage) async throws -> Double {
        let database = try await stage.database()
        defer { database.close() }
        let topics = ["bench.Tally", "bench.added", "bench.Tally.dead", Topics.replies]
        try await stage.makeTopics(topics)
        try await stage.fill("bench.Tally")
        let build = try tally()
        let wasm = Array(try Data(contentsOf: URL(fileURLWithPath: build.path)))
        _ = try await RegistryStore(database).deploy(
            NewDeployment(
                digest: build.digest, wasm: wasm, schemaText: try WasmPackage.inspect(wasm).schemaText,
                schema: build.schema, actor: "benchmark"))
        let worker = try MeshWorker(
            WorkerConfiguration(
                kafka: stage.kafka, name: "bench", partitions: stage.options.partitions,
                codeCacheDirectory: stage.directory + "/code"), database: database)
        let task = Task { try await worker.run() }
        let rate = try await stage.measure("bench.added")
        let statistics = worker.statistics
        task.cancel()
        try await task.value
        FileHandle.standardError.write(
            Data(
                "mesh: \(statistics.executions) executions, \(statistics.failures) failures, \(statistics.batches) batches, \(statistics.conflicts) conflicts, \(statistics.reclaims) reclaims\n"
                    .utf8))
        return rate
    }

    private static func tally() throws -> GuestBuild {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Guests/tally").standardizedFileURL.path
        return try GuestBuilder(try GuestProject.load(directory), try .standard()).build()
    }
}
