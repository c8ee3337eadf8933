/// `wasmesh worker`
enum WorkerCommand: Command {
    static let description = CommandDescription(
        "worker", "runs a worker: messages in, sandboxes, transactions",
        discussion: """
            Workers hold nothing: start more, and Kafka spreads the partitions over them; stop one, and the others take its.
            SIGTERM finishes what runs and gives the partitions back, within --drain; a second signal ends at once.
            """,
        options: MeshSettings.options + WorkerSettings.options + TraceSettings.options
            + [Settings.drain.description] + ProcessLog.options)

    static func run(_ invocation: Invocation) async throws {
        try ProcessLog.configure(invocation)
        let mesh = try MeshSettings(invocation)
        let worker = try WorkerSettings(invocation)
        let traces = try TraceSettings(invocation)
        let drain = try invocation.value(Settings.drain)
        try await LongRunning(name: "worker", drain: drain).run {
            try await WorkerProcess(mesh: mesh, settings: worker, traces: traces, drain: drain).run()
        }
    }
}
