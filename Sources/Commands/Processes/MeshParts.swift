import Kafka
import Outbox
import Postgres

/// The composition root: puts the contexts together into the processes of a mesh.
enum MeshParts {
    private static func missing(_ what: String) -> CommandFailure {
        CommandFailure(.failure, "this build has no \(what) yet")
    }

    /// How to talk to a cluster, or to the embedded broker.
    static func kafka(_ servers: String, _ properties: [String: String], isEmbedded: Bool) -> KafkaConfiguration {
        var configuration =
            isEmbedded
            ? KafkaConfiguration.embedded(bootstrapServers: servers)
            : KafkaConfiguration.cluster(bootstrapServers: servers)
        configuration.overrides = properties
        return configuration
    }

    /// Runs a router until cancelled; `ready` gets its address once it listens.
    static func router(
        _ mesh: MeshSettings, _ router: RouterSettings, drain: Duration, ready: @Sendable (String) -> Void
    ) async throws {
        throw missing("router")
    }

    /// Runs a worker until cancelled.
    static func worker(_ mesh: MeshSettings, _ worker: WorkerSettings, drain: Duration) async throws {
        throw missing("worker")
    }

    /// Runs a relay until cancelled.
    static func relay(_ mesh: MeshSettings) async throws { throw missing("relay") }

    /// Applies the migrations that are missing, or only looks; their names.
    static func migrate(_ postgres: String, dryRun: Bool) async throws -> [String] {
        try await withConnection(postgres) { connection in
            let migrations =
                dryRun ? try await Migrations.missing(connection) : try await Migrations.run(connection)
            return migrations.map { "\($0.version) \($0.name)" }
        }
    }

    /// Settings that every process of the mesh reads: the partition count only while there is no topic yet.
    static func configure(_ mesh: MeshSettings) async throws {
        try await withConnection(mesh.postgres) { connection in
            _ = try await connection.query(
                .oneOff(
                    "UPDATE mesh.setting SET value = $1, updated_at = now() WHERE name = 'broker_durable' AND value <> $1"
                ),
                .text(mesh.isEmbeddedBroker ? "false" : "true"))
            guard let partitions = mesh.partitions else { return }
            let result = try await connection.query(
                .oneOff(
                    """
                    UPDATE mesh.setting SET value = $1, updated_at = now()
                    WHERE name = 'partitions' AND value <> $1 AND NOT EXISTS (SELECT FROM mesh.topic)
                    """), .text(String(partitions)))
            _ = result
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
        return try await body(connection)
    }
}
