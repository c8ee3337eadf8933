import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing
import Schemas
import TestSupport
import Wasm

@testable import WasmWorker

/// A mesh on real parts for the worker's tests: the ledger service deployed, topics made, and any number of workers.
final class TestMesh: Sendable {
    let kafka: KafkaConfiguration
    let database: PostgresPool
    let namespace: String
    let partitions: Int32
    let producer: KafkaProducer
    let url: String

    var ledger: String { "\(namespace).Ledger" }
    var audit: String { "\(namespace).Audit" }
    var written: String { "t.written" }

    private init(
        kafka: KafkaConfiguration, database: PostgresPool, url: String, namespace: String, partitions: Int32
    ) throws {
        self.kafka = kafka
        self.database = database
        self.url = url
        self.namespace = namespace
        self.partitions = partitions
        producer = try KafkaProducer(kafka, reports: { _ in })
    }

    /// Lends a mesh with its own broker (event topics have fixed names) and its own database.
    static func with(partitions: Int32 = 4, _ body: (TestMesh) async throws -> Void) async throws {
        try await withBroker(partitions: partitions) { mesh, _ in try await body(mesh) }
    }

    /// Makes a mesh on servers that stand ready, and lends it.
    static func lend(
        _ kafka: KafkaConfiguration, url: String, partitions: Int32, _ body: (TestMesh) async throws -> Void
    ) async throws {
        let database = try PostgresPool(PostgresConfiguration(url: url), size: 4)
        defer { database.close() }
        try await Migrations.run(database.connections[0])
        let registry = RegistryStore(database)
        try await registry.set("broker_durable", to: "false")
        try await registry.set("partitions", to: "\(partitions)")
        let mesh = try TestMesh(kafka: kafka, database: database, url: url, namespace: "t", partitions: partitions)
        try await mesh.makeTopics(mesh.topics)
        try await mesh.deploy()
        try await body(mesh)
        await mesh.producer.close()
    }

    static let schemaText = """
        @mesh(namespace: "t", version: "1.0.0")
        type Entry @key(field: "id") { id: ID! log: String! }
        type Written { id: ID! message: String! }
        service Ledger @state(type: "Entry") {
          append(id: ID!, mode: String): Void @durable(retries: 3, timeout: "300ms", backoff: "fixed")
          once(id: ID!, mode: String): Void
          @emits(event: "t.written", key: "id") written(event: Written!): Void
        }
        service Audit @state(type: "Entry") {
          @handles(event: "t.written", key: "id") onWritten(event: Written!): Void
        }
        """

    /// Every topic that the services need.
    var topics: [String] {
        [ledger, audit, written, Topics.replies, Topics.deadLetters(of: ledger), Topics.deadLetters(of: audit)]
    }

    func makeTopics(_ topics: [String]) async throws {
        let admin = try KafkaAdmin(kafka)
        _ = try await admin.createTopics(topics.map { NewTopic($0, partitions: partitions, replication: 1) })
        await admin.close()
        // As the first router does, which a worker waits for.
        try await RegistryStore(database).record(
            topics.map { TopicRecord(name: $0, kind: .event, partitions: partitions) })
    }

    /// Deploys the ledger; another `build` is another version, with a digest of its own.
    @discardableResult
    func deploy(build: Int = 0, pool: String = "default") async throws -> String {
        try await deploy(Self.schemaText, defining: build == 0 ? [] : ["BUILD=\"@\(build)\""], pool: pool)
    }

    /// Deploys the ledger's code under a schema.
    @discardableResult
    func deploy(
        _ text: String, against deployed: [MeshSchema] = [], defining: [String] = [], pool: String = "default"
    ) async throws -> String {
        let directory = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let bytes = try CGuestCompiler.compile(
            "/\(directory)/../Guests/ledger.c", include: "/\(directory)/../../SDK/C", defining: defining)
        let wasm = try WasmPackage.make(bytes, schemaText: text, sdk: "c/test")
        let compilation = SchemaCompiler.compile([SchemaSource(path: "ledger", text: text)], against: deployed)
        guard let schema = compilation.schema else { throw MeshError(.invalidRequest, "\(compilation.diagnostics)") }
        let digest = SHA256.hex(wasm)
        _ = try await RegistryStore(database).deploy(
            NewDeployment(
                digest: digest, wasm: wasm, schemaText: text, schema: schema, pool: pool, actor: "test"))
        return digest
    }

    /// Runs a worker while `body` does.
    func withWorker<Result>(
        _ name: String = "w1", pool: String = "default", _ body: (MeshWorker) async throws -> Result
    ) async throws -> Result {
        var configuration = configuration(name)
        configuration.pool = pool
        let worker = try MeshWorker(configuration, database: database)
        let task = Task { try await worker.run() }
        do {
            let result = try await body(worker)
            task.cancel()
            try await task.value
            return result
        } catch {
            task.cancel()
            _ = await task.result
            throw error
        }
    }

    func configuration(_ name: String) -> WorkerConfiguration {
        WorkerConfiguration(
            kafka: kafka, name: name, partitions: partitions, isBrokerVolatile: true, threads: 2, spareThreads: 8,
            drainLimit: .seconds(10))
    }

    /// Puts a call into the log as a client outside the mesh would.
    func call(
        _ id: String, key: String, mode: String? = nil, method: String = "append",
        extensions: MessageExtensions = .init()
    ) throws {
        let data = "{\"id\":\"\(key)\"" + (mode.map { ",\"mode\":\"\($0)\"" } ?? "") + "}"
        let message = Message(
            id: id, type: "\(ledger)/\(method)", source: "/test", time: .now, key: key, data: Array(data.utf8),
            extensions: extensions)
        try produce(message, to: ledger)
    }

    func produce(_ message: Message, to topic: String, stamp: LaneStamp? = nil) throws {
        let key = message.key ?? message.id
        try producer.produce(
            OutgoingRecord(
                topic: topic, partition: Partitioner.partition(of: key, count: partitions), key: Array(key.utf8),
                value: message.data,
                headers: MessageCodec.headers(of: message, stamp: stamp).map {
                    KafkaHeader(name: $0.name, value: $0.value)
                }))
    }

    /// What a service's state says of a key: the ids of the messages that took effect, in order.
    func log(of key: String, in service: String) async throws -> [String] {
        let rows = try await database.query(
            .oneOff("SELECT data->>'log' FROM mesh.state WHERE service = $1::text AND key = $2::text"), .text(service),
            .text(key))
        return try rows.first?.text(0).split(separator: ",").map(String.init) ?? []
    }

    func count(_ sql: String) async throws -> Int {
        try await database.query(.oneOff("SELECT (\(sql))::int8")).first?.int(0) ?? 0
    }
}
