import MeshCore

/// `wasmesh router`
enum RouterCommand: Command {
    static let description = CommandDescription(
        "router", "runs a router: HTTP in, answers out, and the control plane",
        discussion: """
            Any number of routers may run. SIGTERM answers what is in flight, within --drain; a second signal ends at once.
            --token (WASMESH_TOKEN) is an administrator's token of the control plane; it is stored as a hash. Without it,
            the first start on a new database makes one and shows it once, at a terminal; the log never has it.
            """,
        options: MeshSettings.options + [Settings.partitions.description, Settings.replication.description]
            + RouterSettings.options + TraceSettings.options + [Settings.drain.description] + ProcessLog.options)

    static func run(_ invocation: Invocation) async throws {
        try ProcessLog.configure(invocation)
        let mesh = try MeshSettings(invocation)
        let router = try RouterSettings(invocation)
        try router.checkToken()
        let traces = try TraceSettings(invocation)
        let drain = try invocation.value(Settings.drain)
        try await LongRunning(name: "router", drain: drain).run {
            try await RouterProcess(mesh: mesh, settings: router, traces: traces, drain: drain).run { address in
                Log("router").info("listening", ["address": address])
            }
        }
    }
}
