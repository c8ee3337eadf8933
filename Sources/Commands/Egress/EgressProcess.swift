import Egress
import HTTPServer
import MeshCore
import Outbox
import Postgres

/// An egress process with everything it needs around it.
struct EgressProcess: Sendable {
    let postgres: String
    let settings: EgressSettings
    let traces: TraceSettings
    let drain: Duration

    /// Works until cancelled, then waits for what is under way.
    func run() async throws {
        let pool = try PostgresPool(MeshParts.database(postgres), size: 4)
        defer { pool.close() }
        try await MeshParts.checkServer(pool)
        let name = MeshParts.processName("egress")
        let heart = Heartbeat(
            pool,
            MeshProcess(id: name, kind: .egress, host: MeshParts.hostName, pid: MeshParts.processID))
        try await heart.begin()
        let result: Result<Void, any Error>
        do {
            try await traces.tracing(name) { tracer in
                let egress = Egress(
                    HTTPCallStore(pool),
                    EgressConfiguration(
                        name: name, concurrency: settings.concurrency, secrets: SecretFolder(settings.secrets),
                        wishes: settings.allowsAll ? WishList() : nil,
                        // The rest is for storing the last answers.
                        drainLimit: drain - min(drain / 4, .seconds(3)), tracer: tracer))
                let metrics = try MetricsServer.start(port: settings.metricsPort) {
                    EgressMetrics.text(egress.statistics)
                }
                let result: Result<Void, any Error>
                do { result = .success(try await heart.beat { await egress.run() }) } catch { result = .failure(error) }
                await metrics?.stop(drainWithin: .zero)
                try result.get()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await heart.end()
        try result.get()
    }
}
