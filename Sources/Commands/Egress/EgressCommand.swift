/// `wasmesh egress`
enum EgressCommand: Command {
    static let description = CommandDescription(
        "egress", "makes the calls to the outside that workflows wait for (mesh.fetch)",
        discussion: """
            It is the one process that needs a way out of your network, and the one that sees secrets: a file each in --secrets,
            by their names. What a service may call is granted with `wasmesh grants add`. Start several, and they share the calls.
            SIGTERM waits for what is under way, within --drain; a second signal ends at once.
            """,
        options: [Settings.postgres.description] + EgressSettings.options + TraceSettings.options
            + [Settings.drain.description] + ProcessLog.options)

    static func run(_ invocation: Invocation) async throws {
        try ProcessLog.configure(invocation)
        let postgres = try invocation.value(Settings.postgres)
        let settings = try EgressSettings(invocation)
        let traces = try TraceSettings(invocation)
        let drain = try invocation.value(Settings.drain)
        try await LongRunning(name: "egress", drain: drain).run {
            try await EgressProcess(postgres: postgres, settings: settings, traces: traces, drain: drain).run()
        }
    }
}
