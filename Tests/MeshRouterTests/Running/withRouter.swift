import Embedded
import HTTPServer
import Kafka
import MeshCore
import Outbox
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import MeshRouter

/// A router that runs on a real broker and a real Postgres, and who plays the worker.
struct RunningRouter: Sendable {
    let router: MeshRouter
    let url: String
    let pool: PostgresPool
    let kafka: KafkaConfiguration
    let broker: EmbeddedBroker
    let responder: TestResponder
    /// An administrator's token.
    let token: String
    let running: Task<Void, any Error>
    let client = HTTPClient()

    /// Sends a call as a plain JSON client does.
    func call(_ method: String, _ body: String, _ headers: [(String, String)] = []) async throws -> HTTPClient.Response
    {
        try await post("/" + method, body, [("Content-Type", "application/json")] + headers)
    }

    func post(_ path: String, _ body: String, _ headers: [(String, String)] = []) async throws -> HTTPClient.Response {
        try await client.request("POST", url + path, headers: fields(headers), body: Array(body.utf8))
    }

    /// A request of the control plane.
    func control(
        _ method: String, _ path: String, body: [UInt8]? = nil, token: String? = nil
    ) async throws -> HTTPClient.Response {
        let headers = [("Authorization", "Bearer " + (token ?? self.token))]
        return try await client.request(method, url + "/api/v1/" + path, headers: fields(headers), body: body)
    }

    func request(
        _ method: String, _ path: String, _ headers: [(String, String)] = []
    ) async throws -> HTTPClient.Response {
        try await client.request(method, url + path, headers: fields(headers))
    }

    func get(_ path: String) async throws -> HTTPClient.Response { try await client.request("GET", url + path) }

    private func fields(_ headers: [(String, String)]) -> HTTPHeaders {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.add(name, value) }
        return fields
    }

    /// Waits until the router can do its work.
    func becomesReady(within limit: Duration = .seconds(30)) async throws {
        try await eventually("the router is ready: \(router.health.json)", within: limit) {
            guard router.health.isReady, router.replies.partition != nil else { return false }
            responder.read(
                router.routing.current.partitions.filter { $0.key != Topics.replies && !$0.key.hasSuffix(".dead") })
            return true
        }
    }

    /// Ends the router as SIGTERM would.
    func stop() async throws {
        running.cancel()
        try await running.value
    }
}

extension HTTPClient.Response {
    /// A member of a JSON object's, as text; members of members with dots between.
    func member(_ path: String) -> String? { JSONMember.text(path, in: body) }
}

/// Lends a running router with the given schemas deployed.
func withRouter(
    schemas: [String] = [Shop.orders, Shop.billing], waitsUntilReady: Bool = true,
    configure: (inout RouterConfiguration) -> Void = { _ in },
    answer: @escaping TestResponder.Answer = { _ in (.ok, "{}") },
    _ body: (RunningRouter) async throws -> Void
) async throws {
    try await withOwnBroker { broker, kafka in
        try await withDatabase { url in
            try await withRouter(
                postgres: url, broker: broker, kafka: kafka, schemas: schemas, waitsUntilReady: waitsUntilReady,
                configure: configure, answer: answer, body)
        }
    }
}

/// Lends a running router on given servers.
func withRouter(
    postgres url: String, broker: EmbeddedBroker, kafka: KafkaConfiguration, schemas: [String],
    waitsUntilReady: Bool = true,
    configure: (inout RouterConfiguration) -> Void = { _ in }, answer: @escaping TestResponder.Answer,
    _ body: (RunningRouter) async throws -> Void
) async throws {
    var postgres = PostgresConfiguration(url: url)
    postgres.patience = .seconds(2)
    let pool = try PostgresPool(postgres, size: 3)
    defer { pool.close() }
    try await Migrations.run(pool.connections[0])
    let token = try await prepare(pool, schemas)
    var configuration = RouterConfiguration(name: TestEnvironment.uniqueName("router"), kafka: kafka)
    configuration.port = 0
    configuration.drain = .seconds(5)
    configure(&configuration)
    let router = try MeshRouter(configuration, stores: RouterStores(pool))
    let (ports, found) = AsyncStream.makeStream(of: UInt16.self)
    let running = Task {
        // Where it can't start, nobody may wait for its port for ever.
        defer { found.finish() }
        try await router.run { found.yield($0) }
    }
    var port: UInt16 = 0
    for await found in ports {
        port = found
        break
    }
    let responder = try TestResponder(kafka, pool: pool, answer: answer)
    let mesh = RunningRouter(
        router: router, url: "http://127.0.0.1:\(port)", pool: pool, kafka: kafka, broker: broker, responder: responder,
        token: token, running: running)
    do {
        if waitsUntilReady { try await mesh.becomesReady() }
        try await body(mesh)
    } catch {
        running.cancel()
        _ = try? await running.value
        await responder.close()
        throw error
    }
    try await mesh.stop()
    await responder.close()
}

extension RouterStores {
    init(_ pool: PostgresPool) {
        self.init(
            ingress: PostgresIngressStore(pool), registry: RegistryStore(pool), deadLetters: DeadLetterStore(pool),
            admin: AdminStore(pool), view: MeshView(pool), workflows: WorkflowAdminStore(pool),
            stored: StoredDataStore(pool))
    }
}

/// Deploys schemas (with modules that nobody runs) and makes a token.
private func prepare(_ pool: PostgresPool, _ schemas: [String]) async throws -> String {
    let registry = RegistryStore(pool)
    try await registry.set("partitions", to: "4")
    try await registry.set("broker_durable", to: "false")
    for text in schemas {
        let schema = try Shop.compile(text, lenient: true)
        _ = try await registry.deploy(
            NewDeployment(
                digest: SHA256.hex(Array(text.utf8)), wasm: Array(text.utf8), schemaText: text, schema: schema,
                actor: "test"))
    }
    return try await AdminStore(pool).createToken(name: "test")
}
