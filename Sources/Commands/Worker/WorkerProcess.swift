import HTTPServer
import Kafka
import MeshCore
import Outbox
import Postgres
import WasmWorker

/// A worker with everything it needs around it: registry, store, heartbeat, metrics.
struct WorkerProcess: Sendable {
    let mesh: MeshSettings
    let settings: WorkerSettings
    let traces: TraceSettings
    let drain: Duration

    /// Works until cancelled, then drains.
    func run() async throws {
        // Each commit under way holds a connection; loads and the registry share the rest.
        let pool = try PostgresPool(MeshParts.database(mesh.postgres), size: 8)
        defer { pool.close() }
        try await MeshParts.checkServer(pool)
        let book = try await MeshParts.settledTopics(pool, for: "worker")
        var configuration = WorkerConfiguration(
            kafka: MeshParts.kafka(mesh, book), pool: settings.pool, name: settings.id, partitions: book.partitions,
            isBrokerVolatile: !book.isBrokerDurable, threads: settings.threads, codeCacheDirectory: settings.cache,
            // The rest is for leaving the group in good order; then the process is ended whatever it does.
            drainLimit: drain - min(drain / 4, .seconds(3)))
        configuration.serviceConfiguration = settings.values
        let heart = Heartbeat(
            pool,
            MeshProcess(
                id: settings.id, kind: .worker, host: MeshParts.hostName, pid: MeshParts.processID, pool: settings.pool)
        )
        try await heart.begin()
        let result: Result<Void, any Error>
        do {
            try await traces.tracing(settings.id) { tracer in
                configuration.tracer = tracer
                try await work(configuration, pool, heart)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await heart.end()
        try result.get()
    }

    private func work(_ configuration: WorkerConfiguration, _ pool: PostgresPool, _ heart: Heartbeat) async throws {
        let worker = try MeshWorker(configuration, database: pool)
        let gauges = WorkflowGauges(WorkflowAdminStore(pool))
        let metrics = try WorkerMetricsServer.start(worker, gauges: gauges, port: settings.metricsPort)
        let counting = metrics.map { _ in Task { await gauges.run() } }
        let result: Result<Void, any Error>
        do { result = .success(try await heart.beat(while: worker.run)) } catch { result = .failure(error) }
        await metrics?.stop(drainWithin: .zero)
        counting?.cancel()
        await counting?.value
        try result.get()
    }
}
