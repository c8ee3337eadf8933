/// `wasmesh relay`
enum RelayCommand: Command {
    static let description = CommandDescription(
        "relay", "runs a relay: what SQL emits goes to Kafka, tables are kept small, parked lanes published",
        discussion:
            "One relay works, further ones stand by. SIGTERM gives the lease back, so that another takes over at once.",
        options: MeshSettings.options + [Settings.drain.description] + ProcessLog.options)

    static func run(_ invocation: Invocation) async throws {
        try ProcessLog.configure(invocation)
        let mesh = try MeshSettings(invocation)
        let drain = try invocation.value(Settings.drain)
        try await LongRunning(name: "relay", drain: drain).run { try await RelayProcess(mesh: mesh).run() }
    }
}
