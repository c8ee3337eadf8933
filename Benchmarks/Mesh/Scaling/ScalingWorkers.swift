import Kafka
import MeshCore
import Outbox
import Postgres
import WasmWorker

/// Some workers in this process, each with clients of its own.
struct ScalingWorkers {
    private let workers: [(worker: MeshWorker, database: PostgresPool, task: Task<Void, any Error>)]
    let startSeconds: Double

    /// Returns once they share all partitions between them.
    static func start(_ stage: Stage, _ scenario: ScalingScenario, _ database: PostgresPool) async throws
        -> ScalingWorkers
    {
        var workers: [(worker: MeshWorker, database: PostgresPool, task: Task<Void, any Error>)] = []
        let began = ContinuousClock.now
        for index in 0..<scenario.workers {
            let own = try await stage.database(like: database, connections: 4)
            let worker = try MeshWorker(
                WorkerConfiguration(
                    kafka: stage.kafka, name: "bench-\(index)", partitions: scenario.partitions,
                    codeCacheDirectory: stage.directory + "/code"), database: own)
            workers.append((worker, own, Task { try await worker.run() }))
        }
        let wanted = Int(scenario.partitions) * scenario.services
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            let owned = workers.map { $0.worker.statistics.partitions.count }
            if owned.reduce(0, +) == wanted, owned.allSatisfy({ $0 > 0 }) { break }
            guard ContinuousClock.now < deadline else {
                throw MeshError(
                    .deadlineExceeded, "the workers own \(owned) of \(wanted) partitions after five minutes")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return ScalingWorkers(workers: workers, startSeconds: (ContinuousClock.now - began) / .seconds(1))
    }

    var messagesPerCommit: Double {
        let statistics = workers.map(\.worker.statistics)
        return Double(statistics.reduce(0) { $0 + $1.executions })
            / Double(max(1, statistics.reduce(0) { $0 + $1.batches }))
    }

    func stop() async throws {
        for entry in workers { entry.task.cancel() }
        for entry in workers {
            try await entry.task.value
            entry.database.close()
        }
    }
}
