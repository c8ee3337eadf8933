/// What a router needs besides the mesh's settings.
struct RouterSettings: Sendable {
    var host: String
    var port: Int
    var bodyLimit: Int
    var waitingLimit: Int
    /// Values of `config` of `wasmesh.json`, for replays of workflows.
    var values: [String: [String: String]]
    /// True where somebody else makes the control plane's token (`wasmesh dev`).
    var hasOwnToken = false

    static let options = [
        Settings.host.description, Settings.port.description, Settings.bodyLimit.description,
        Settings.waitingLimit.description,
    ]

    init(_ invocation: Invocation) throws(CommandFailure) {
        host = try invocation.value(Settings.host)
        port = try invocation.value(Settings.port)
        bodyLimit = try invocation.value(Settings.bodyLimit)
        waitingLimit = try invocation.value(Settings.waitingLimit)
        values = WorkerSettings.values(invocation.configuration.document?["config"])
    }
}
