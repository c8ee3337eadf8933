import Kafka
import MeshCore
import Outbox
import Postgres
import Schemas
import TestSupport
import Wasm
import Workflows

@testable import WasmWorker

/// A mesh on real parts with a service whose workflows do what their argument says (Tests/Guests/flow.c).
final class FlowMesh: Sendable {
    let kafka: KafkaConfiguration
    let database: PostgresPool
    let url: String
    let partitions: Int32
    let producer: KafkaProducer
    let replies = Collector<Message>()
    private let reader: KafkaReader

    private init(kafka: KafkaConfiguration, database: PostgresPool, url: String, partitions: Int32) throws {
        self.kafka = kafka
        self.database = database
        self.url = url
        self.partitions = partitions
        producer = try KafkaProducer(kafka, reports: { _ in })
        let replies = replies
        reader = try KafkaReader(
            kafka,
            records: { records in
                replies.append(
                    contentsOf: records.compactMap { record in
                        try? MessageCodec.decode(
                            topic: record.topic, partition: record.partition, offset: record.offset,
                            timestampMilliseconds: record.timestamp, key: record.key, value: record.value,
                            headers: record.headers.compactMap { header in
                                header.value.map { WireHeader(name: header.name, value: $0) }
                            }
                        ).message
                    })
            })
    }

    static func with(
        partitions: Int32 = 4, schedule: String = "", _ body: (FlowMesh) async throws -> Void
    ) async throws {
        try await withOwnBroker { _, kafka in
            try await withDatabase { url in
                let database = try PostgresPool(PostgresConfiguration(url: url), size: 4)
                defer { database.close() }
                try await Migrations.run(database.connections[0])
                let mesh = try FlowMesh(kafka: kafka, database: database, url: url, partitions: partitions)
                try await mesh.prepare()
                try await mesh.deploy(version: "1.0.0", schedule: schedule)
                try await body(mesh)
                await mesh.reader.close()
                await mesh.producer.close()
            }
        }
    }

    private static func schemaText(_ version: String, _ schedule: String) -> String {
        """
        @mesh(namespace: "t", version: "\(version)")
        type Counter @key(field: "id") { id: ID! count: Int! }
        type Flowed { id: ID! }
        service Flow @state(type: "Counter") {
          @workflow fulfil(plan: String): String!
          \(schedule)
          @signal approve(by: String): Void
          @signal ask(by: String): String!
          @query look(write: Boolean): String!
          step: Void
          broken: Void
          @durable(retries: 2) brokenOften: Void
          @emits(event: "t.flowed", key: "id") flowed(event: Flowed!): Void
        }
        service Remote @state(type: "Counter") {
          work: Void
          refuse: Void
          broken: Void
        }
        """
    }

    private func prepare() async throws {
        let admin = try KafkaAdmin(kafka)
        let names = ["t.Flow", "t.Remote", "t.flowed", Topics.replies, "t.Flow.dead", "t.Remote.dead"]
        _ = try await admin.createTopics(names.map { NewTopic($0, partitions: partitions, replication: 1) })
        await admin.close()
        let registry = RegistryStore(database)
        try await registry.set("broker_durable", to: "false")
        try await registry.set("partitions", to: "\(partitions)")
        // As the first router does, which a worker waits for.
        try await registry.record(names.map { TopicRecord(name: $0, kind: .event, partitions: partitions) })
        reader.start(TopicPartition(Topics.replies, 1), at: .beginning)
    }

    @discardableResult
    func deploy(version: String, schedule: String = "") async throws -> String {
        let directory = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let bytes = try CGuestCompiler.compile(
            "/\(directory)/../../Guests/flow.c", include: "/\(directory)/../../../SDK/C")
        let text = Self.schemaText(version, schedule)
        let wasm = try WasmPackage.make(bytes, schemaText: text, sdk: "c/test")
        let compilation = SchemaCompiler.compile([SchemaSource(path: "flow", text: text)])
        guard let schema = compilation.schema else { throw MeshError(.invalidRequest, "\(compilation.diagnostics)") }
        let digest = SHA256.hex(wasm)
        _ = try await RegistryStore(database).deploy(
            NewDeployment(digest: digest, wasm: wasm, schemaText: text, schema: schema, actor: "test"))
        return digest
    }

    func configuration(
        _ name: String, kafka: KafkaConfiguration? = nil, partitions: Int32? = nil, tracer: Tracer? = nil
    ) -> WorkerConfiguration {
        var configuration = WorkerConfiguration(
            kafka: kafka ?? self.kafka, name: name, partitions: partitions ?? self.partitions, threads: 2,
            spareThreads: 8, drainLimit: .seconds(10))
        configuration.tracer = tracer
        return configuration
    }

    func withWorker<Result>(
        _ name: String = "w1", kafka: KafkaConfiguration? = nil, partitions: Int32? = nil, tracer: Tracer? = nil,
        _ body: (MeshWorker) async throws -> Result
    ) async throws -> Result {
        let worker = try MeshWorker(
            configuration(name, kafka: kafka, partitions: partitions, tracer: tracer), database: database)
        let task = Task { try await worker.run() }
        do {
            let result = try await body(worker)
            task.cancel()
            try await task.value
            return result
        } catch {
            try? await dump()
            task.cancel()
            _ = await task.result
            throw error
        }
    }

    /// What a failed test needs to be understood.
    private func dump() async throws {
        for table in ["workflow", "journal", "timer", "parked", "dead_letter"] {
            let rows = try await database.query(.oneOff("SELECT r::text FROM mesh.\(table) r ORDER BY 1 LIMIT 40"))
            for row in rows { print("\(table): \(try row.text(0))") }
        }
    }

    // MARK: Messages

    func send(_ type: String, key: String, _ data: String, extensions: MessageExtensions = .init(replyTo: 1)) throws
        -> String
    {
        let id = MessageID.make()
        let topic = type.firstIndex(of: "/").map { String(type[..<$0]) } ?? "t.Flow"
        let message = Message(
            id: id, type: type, source: "/test", time: .now, key: key, data: Array(data.utf8), extensions: extensions)
        try producer.produce(
            OutgoingRecord(
                topic: topic, partition: Partitioner.partition(of: key, count: partitions), key: Array(key.utf8),
                value: message.data,
                headers: MessageCodec.headers(of: message, stamp: nil).map {
                    KafkaHeader(name: $0.name, value: $0.value)
                }))
        return id
    }

    @discardableResult
    func start(_ key: String, _ plan: String) throws -> String {
        try send("t.Flow/fulfil", key: key, "{\"plan\":\"\(plan)\"}")
    }

    @discardableResult
    func order(_ key: String, _ order: WorkflowOrder) throws -> String {
        try send(WorkflowOrder.messageType, key: key, String(decoding: order.json, as: UTF8.self))
    }

    /// The answer to a call; waits for it.
    func reply(to id: String, within limit: Duration = .seconds(30)) async throws
        -> (status: ReplyStatus?, text: String)
    {
        let found = try await eventually("an answer to \(id)", within: limit) {
            replies.all.first { $0.extensions.replyFor == id }
        }
        return (found.extensions.status, String(decoding: found.data, as: UTF8.self))
    }

    // MARK: Looking

    func record(_ key: String) async throws -> WorkflowRecord? {
        let id = WorkflowID(service: "t.Flow", key: key)
        return try await WorkflowStore(database).records([id])[id]
    }

    func wait(for key: String, until isReached: @Sendable (WorkflowRow) -> Bool) async throws {
        try await eventually("the workflow \(key)", within: .seconds(30)) {
            guard let row = try await record(key)?.row else { return false }
            return isReached(row)
        }
    }

    func count(_ sql: String) async throws -> Int {
        try await database.query(.oneOff("SELECT (\(sql))::int8")).first?.int(0) ?? 0
    }

    /// How often steps took effect, by service and key: `t.Flow a`.
    func effects() async throws -> [String: Int] {
        var effects: [String: Int] = [:]
        for row in try await database.query(
            .oneOff("SELECT service || ' ' || key, (data->>'count')::int8 FROM mesh.state"))
        {
            effects[try row.text(0)] = try row.int(1)
        }
        return effects
    }

    /// How often a step took effect for a key.
    func effects(of key: String, in service: String) async throws -> Int {
        try await count(
            "SELECT coalesce((SELECT (data->>'count')::int8 FROM mesh.state WHERE service = '\(service)' AND key = '\(key)'), 0)"
        )
    }
}
