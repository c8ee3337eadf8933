import Kafka

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

    /// Applies the migrations that are missing; their names.
    static func migrate(_ postgres: String, dryRun: Bool) async throws -> [String] { throw missing("migrations") }
}
