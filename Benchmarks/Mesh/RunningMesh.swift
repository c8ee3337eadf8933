import Kafka
import MeshCore
import MeshRouter
import Outbox
import Postgres
import WasmWorker

/// A router and a worker in this process.
struct RunningMesh {
    let worker: MeshWorker
    let port: UInt16
    private let tasks: [Task<Void, any Error>]

    static func start(_ stage: Stage, router database: PostgresPool, worker workerDatabase: PostgresPool) async throws
        -> RunningMesh
    {
        var configuration = RouterConfiguration(name: "bench", kafka: stage.kafka)
        configuration.port = 0
        configuration.replication = 1
        configuration.drain = .seconds(1)
        let router = try MeshRouter(
            configuration,
            stores: RouterStores(
                ingress: PostgresIngressStore(database), registry: RegistryStore(database),
                deadLetters: DeadLetterStore(database), admin: AdminStore(database), view: MeshView(database),
                workflows: WorkflowAdminStore(database), stored: StoredDataStore(database)))
        let worker = try MeshWorker(
            WorkerConfiguration(
                kafka: stage.kafka, name: "bench", partitions: stage.options.partitions,
                codeCacheDirectory: stage.directory + "/code"), database: workerDatabase)
        let (ports, listening) = AsyncStream.makeStream(of: UInt16.self)
        let tasks = [
            Task { try await router.run { listening.yield($0) } },
            Task { try await worker.run() },
        ]
        var iterator = ports.makeAsyncIterator()
        return RunningMesh(worker: worker, port: await iterator.next() ?? 0, tasks: tasks)
    }

    func stop() async throws {
        for task in tasks { task.cancel() }
        for task in tasks { try await task.value }
    }
}
