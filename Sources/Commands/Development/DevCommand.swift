import Foundation

/// `wasmesh dev`
enum DevCommand: Command {
    static let noWatch = Option<Bool>.flag("no-watch", "Does not rebuild when sources change.")
    static let noBuild = Option<Bool>.flag("no-build", "Builds and deploys nothing: a mesh alone.")
    static let fresh = Option<Bool>.flag("fresh", "Forgets the state of earlier runs.")
    static let headless = Option<Bool>.flag("headless", "Plain lines instead of a screen: for scripts.")
    static let workers = Option<Int>(
        "workers", "N", "Workers in this process; 0 to run `wasmesh worker` beside it.", default: 1,
        limit: Settings.range(0...16))
    static let postgresPort = Option<Int>(
        "postgres-port", "PORT", "Postgres's port.", defaultText: "a free one", limit: Settings.range(0...65535))
    static let kafkaPort = Option<Int>(
        "kafka-port", "PORT", "The broker's port.", defaultText: "a free one", limit: Settings.range(0...65535))

    static let description = CommandDescription(
        "dev", "starts a whole mesh for development: nothing else needs to run",
        discussion: """
            Starts Postgres and a Kafka-compatible broker of its own, a router, a worker, a relay and an egress; builds and
            deploys this project, and does it again whenever a source is saved. State is kept in .wasmesh/ across runs, the
            broker's topics are not (what wasn't consumed is published again). Other commands find the mesh by themselves.
            Calls to the outside need no grants here; the log says which they would want elsewhere.
            """,
        options: [
            Settings.port.description, workers.description, noWatch.description, noBuild.description,
            fresh.description, headless.description, postgresPort.description, kafkaPort.description,
            Settings.partitions.description,
            Settings.threads.description, Settings.secrets.description, Settings.logLevel.description,
        ] + TraceSettings.options,
        examples: [
            ("wasmesh dev", "in a project's directory"),
            ("wasmesh dev --headless --no-watch", "for a script; .wasmesh/dev/env.json says when it is ready"),
        ])

    static func run(_ invocation: Invocation) async throws {
        try ProcessLog.configure(invocation, json: false)
        let mesh = try DevelopmentMesh(invocation)
        try await LongRunning(name: "dev", drain: .seconds(10), atOnce: { mesh.killOthers() }).run {
            try await mesh.run()
        }
    }
}
