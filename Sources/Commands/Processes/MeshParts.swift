import Foundation
import Kafka
import MeshCore
import Outbox
import Postgres

/// The composition root: puts the contexts together into the processes of a mesh.
enum MeshParts {
    /// How to talk to a cluster, or to the embedded broker.
    static func kafka(_ servers: String, _ properties: [String: String], isEmbedded: Bool) -> KafkaConfiguration {
        var configuration =
            isEmbedded
            ? KafkaConfiguration.embedded(bootstrapServers: servers)
            : KafkaConfiguration.cluster(bootstrapServers: servers)
        configuration.overrides = properties
        return configuration
    }

    /// How a process talks to its mesh's Kafka: what kind of broker it is the first router has settled, so that one that is started outside the
    /// project of a `wasmesh dev` doesn't take its broker for a cluster.
    static func kafka(_ mesh: MeshSettings, _ book: TopicBook) -> KafkaConfiguration {
        kafka(mesh.kafka, mesh.kafkaProperties, isEmbedded: mesh.isEmbeddedBroker || !book.isBrokerDurable)
    }

    /// How a long-running process talks to Postgres: it waits for it, at the start and in the middle.
    static func database(_ url: String) -> PostgresConfiguration { PostgresConfiguration(url: url) }

    /// Waits until Postgres is there, then refuses one that the mesh's guarantees can't rest on, or that isn't migrated.
    static func checkServer(_ pool: PostgresPool) async throws {
        let connection = pool.connections[0]
        let missing = try await untilReached {
            try await PostgresServerCheck.run(on: connection)
            return try await Migrations.missingForWork(connection)
        }
        if let first = missing.first {
            throw CommandFailure(
                .refused, "the database lacks \(missing.count) migrations, from \(first.version) \(first.name) on",
                hint: "run `wasmesh migrate` with this database")
        }
    }

    /// Does something that may be done twice, and again for as long as Postgres can't be reached or goes away in the middle: a
    /// process that is being started waits for it, as one that works does.
    static func untilReached<Value>(_ body: () async throws -> Value) async throws -> Value {
        var complaint = ContinuousClock.now
        while true {
            do {
                return try await body()
            } catch {
                let isPassing = (error as? PostgresError)?.isRetriable ?? (error as? StoreError)?.isPassing ?? false
                guard isPassing else { throw error }
                if ContinuousClock.now >= complaint {
                    Log("postgres").warning("Postgres can't be reached, trying again: \(error)")
                    complaint = .now + .seconds(5)
                }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    static var hostName: String { ProcessInfo.processInfo.hostName }
    static var processID: Int32 { ProcessInfo.processInfo.processIdentifier }

    /// A name for this process that no other has.
    static func processName(_ kind: String) -> String { "\(kind)-\(hostName)-\(processID)" }

    /// A fresh token for the control plane of a development mesh; earlier ones of its kind are taken back.
    static func developmentToken(_ postgres: String) async throws -> String {
        let pool = try PostgresPool(database(postgres), size: 1)
        defer { pool.close() }
        let admin = AdminStore(pool)
        _ = try await admin.revokeTokens(name: "dev")
        return try await admin.createToken(name: "dev")
    }

    /// Applies the migrations that are missing, or only looks; their names.
    static func migrate(_ postgres: String, dryRun: Bool) async throws -> [String] {
        try await withConnection(postgres) { connection in
            let migrations =
                dryRun ? try await Migrations.missing(connection) : try await Migrations.run(connection)
            return migrations.map { "\($0.version) \($0.name)" }
        }
    }

    /// The roles that aren't there, though the schema is.
    static func missingRoles(_ postgres: String) async throws -> [String] {
        try await withConnection(postgres) { try await MeshRoles.missing($0) }
    }

    /// Settles, while there is no topic yet, what every process of the mesh goes by: the partition count and the kind of broker.
    ///
    /// Later a router only says that the broker may come back empty, never that it won't: one that is started outside the project of a
    /// `wasmesh dev` doesn't know what it talks to.
    static func configure(_ mesh: MeshSettings) async throws {
        try await withConnection(mesh.postgres) { connection in
            let settle = """
                UPDATE mesh.setting SET value = $2, updated_at = now()
                WHERE name = $1 AND value <> $2 AND ($3 OR NOT EXISTS (SELECT FROM mesh.topic))
                """
            _ = try await connection.query(
                .oneOff(settle), .text("broker_durable"), .text(mesh.isEmbeddedBroker ? "false" : "true"),
                .bool(mesh.isEmbeddedBroker))
            guard let partitions = mesh.partitions else { return }
            _ = try await connection.query(
                .oneOff(settle), .text("partitions"), .text(String(partitions)), .bool(false))
        }
    }

    /// What the mesh knows of topics, once there are some.
    ///
    /// The partition count and the kind of broker are settled by the first router. A worker that read them before would send
    /// messages to partitions that there never are, a relay wouldn't keep what a broker without a disk may lose.
    static func settledTopics(_ pool: PostgresPool, for process: String) async throws -> TopicBook {
        let registry = RegistryStore(pool)
        var complaint = ContinuousClock.now + .seconds(2)
        while true {
            var reason = "no router has made the mesh's topics yet"
            do throws(StoreError) {
                let book = try await registry.topicBook()
                if !book.topics.isEmpty { return book }
            } catch {
                guard error.isPassing else { throw error }
                reason = "\(error)"
            }
            if ContinuousClock.now >= complaint {
                Log(process).warning("waiting: \(reason)")
                complaint = .now + .seconds(10)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// The partition count of this mesh.
    static func partitions(_ postgres: String) async throws -> Int32 {
        try await withConnection(postgres) { connection in
            let rows = try await connection.query(.oneOff("SELECT mesh.setting_value('partitions')"))
            return try rows.first.flatMap { try Int32($0.text(0)) } ?? 16
        }
    }

    /// Lends a connection for a few statements at the start of a process.
    private static func withConnection<Result>(
        _ postgres: String, _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try PostgresConnection(PostgresConfiguration(url: postgres))
        defer { connection.close() }
        // First, so that a server that is away or refuses us is told in the same words by every command, whatever the statements are for.
        try await connection.waitForServer(within: connection.configuration.patience)
        return try await body(connection)
    }
}
