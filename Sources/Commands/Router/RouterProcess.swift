import Foundation
import MeshCore
import MeshRouter
import Outbox
import Postgres

/// A router with everything it needs around it.
struct RouterProcess: Sendable {
    let mesh: MeshSettings
    let settings: RouterSettings
    let traces: TraceSettings
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
        let book = try await MeshParts.untilReached { try await RegistryStore(pool).topicBook() }
        let admin = AdminStore(pool)
        try await makeSureOfAdministrator(admin)
        let name = MeshParts.processName("router")
        let heart = Heartbeat(
            pool, MeshProcess(id: name, kind: .router, host: MeshParts.hostName, pid: MeshParts.processID))
        try await heart.begin()
        var configuration = RouterConfiguration(name: name, kafka: MeshParts.kafka(mesh, book))
        configuration.host = settings.host
        configuration.port = UInt16(clamping: settings.port)
        configuration.replication = Int32(clamping: mesh.replication)
        configuration.bodyBytes = settings.bodyLimit
        configuration.waitingCalls = settings.waitingLimit
        configuration.servesPage = settings.servesPage
        configuration.crossOrigin = settings.crossOrigin
        configuration.drain = drain * 0.8
        configuration.serviceConfiguration = settings.values
        let stores = RouterStores(
            ingress: PostgresIngressStore(pool), registry: RegistryStore(pool), deadLetters: DeadLetterStore(pool),
            admin: admin, view: MeshView(pool), workflows: WorkflowAdminStore(pool), stored: StoredDataStore(pool))
        let result: Result<Void, any Error>
        do {
            try await traces.tracing(name) { tracer in
                configuration.tracer = tracer
                let router = try MeshRouter(configuration, stores: stores)
                try await heart.beat { [settings] in
                    try await router.run { port in ready("http://\(RouterProcess.shown(settings.host)):\(port)") }
                }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await heart.end()
        try result.get()
    }

    /// The control plane needs an administrator's token: the one that was given (WASMESH_TOKEN), or one that is made now and shown this
    /// once. It is shown to somebody who sits at the terminal; a log, which is kept and carried elsewhere, never gets it.
    private func makeSureOfAdministrator(_ admin: AdminStore) async throws {
        if settings.hasOwnToken { return }
        if let token = settings.token {
            let isGood = try await MeshParts.untilReached { try await admin.ensure(token: token, name: "admin") }
            if !isGood {
                Log("router").warning(
                    "the control plane doesn't take the token of WASMESH_TOKEN: it was taken back, or is a caller's; give the router another one"
                )
            }
            return
        }
        guard isatty(STDERR_FILENO) != 0 else {
            if try await !MeshParts.untilReached({ try await admin.hasAdministrator() }) {
                Log("router").warning(
                    "nobody can use the control plane yet: give the router a token of your choice as WASMESH_TOKEN (it stores the hash), or start it once at a terminal"
                )
            }
            return
        }
        guard let token = try await admin.createFirstToken(name: "admin") else { return }
        let text =
            "The control plane's token, shown this once. Keep it, and give it to commands as WASMESH_TOKEN:\n\(token)\n"
        try FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    private static func shown(_ host: String) -> String {
        if host == "0.0.0.0" || host.isEmpty { return "127.0.0.1" }
        return host.contains(":") ? "[\(host)]" : host
    }
}
