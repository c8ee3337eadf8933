import MeshCore
import MeshRouter
import Outbox
import Postgres

/// A router with everything it needs around it.
struct RouterProcess: Sendable {
    let mesh: MeshSettings
    let settings: RouterSettings
    let drain: Duration

    /// Works until cancelled; `ready` gets its address once it listens.
    func run(ready: @escaping @Sendable (String) -> Void) async throws {
        // Group commits, leases, the registry and the control plane.
        var database = MeshParts.database(mesh.postgres)
        // A caller shouldn't wait long for a Postgres that is away.
        database.patience = .seconds(5)
        let pool = try PostgresPool(database, size: 6)
        defer { pool.close() }
        try await MeshParts.checkServer(pool)
        try await MeshParts.untilReached { try await MeshParts.configure(mesh) }
        let admin = AdminStore(pool)
        try await showFirstToken(admin)
        let name = MeshParts.processName("router")
        let heart = Heartbeat(
            admin, MeshProcess(id: name, kind: .router, host: MeshParts.hostName, pid: MeshParts.processID))
        try await heart.begin()
        var configuration = RouterConfiguration(name: name, kafka: MeshParts.kafka(mesh))
        configuration.host = settings.host
        configuration.port = UInt16(clamping: settings.port)
        configuration.replication = Int32(clamping: mesh.replication)
        configuration.bodyBytes = settings.bodyLimit
        configuration.waitingCalls = settings.waitingLimit
        configuration.drain = drain * 0.8
        configuration.serviceConfiguration = settings.values
        let router = try MeshRouter(
            configuration,
            stores: RouterStores(
                ingress: PostgresIngressStore(pool), registry: RegistryStore(pool), deadLetters: DeadLetterStore(pool),
                admin: admin, view: MeshView(pool), workflows: WorkflowAdminStore(pool),
                stored: StoredDataStore(pool)))
        let result: Result<Void, any Error>
        do {
            try await heart.beat { [settings] in
                try await router.run { port in ready("http://\(RouterProcess.shown(settings.host)):\(port)") }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await heart.end()
        try result.get()
    }

    /// The first router of a mesh makes the control plane's token; this is the only time it can be seen.
    private func showFirstToken(_ admin: AdminStore) async throws {
        guard !settings.hasOwnToken, let token = try await admin.createFirstToken(name: "admin") else { return }
        Log("router").warning(
            "the control plane's token, shown this once: keep it, and give it to commands as WASMESH_TOKEN",
            ["token": token])
    }

    private static func shown(_ host: String) -> String {
        if host == "0.0.0.0" || host.isEmpty { return "127.0.0.1" }
        return host.contains(":") ? "[\(host)]" : host
    }
}
