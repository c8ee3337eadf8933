import MeshCore
import MeshRouter

/// What a router needs besides the mesh's settings.
struct RouterSettings: Sendable {
    var host: String
    var port: Int
    var bodyLimit: Int
    var waitingLimit: Int
    /// Whether it has the page for operators.
    var servesPage: Bool
    /// Pages of other origins that may call.
    var crossOrigin: CrossOrigin?
    /// Values of `config` of `wasmesh.json`, for replays of workflows.
    var values: [String: [String: String]]
    /// An administrator's token that the router makes sure of.
    var token: String?
    /// Where it stands, as messages have it.
    private let tokenOrigin: String
    /// True where somebody else makes the control plane's token (`wasmesh dev`).
    var hasOwnToken = false

    static let options = [
        Settings.host.description, Settings.port.description, Settings.bodyLimit.description,
        Settings.waitingLimit.description, Settings.ui.description, Settings.origins.description,
        Settings.administrator.description,
    ]
    /// Shorter ones could be guessed.
    private static let leastTokenBytes = 24

    init(_ invocation: Invocation) throws(CommandFailure) {
        host = try invocation.value(Settings.host)
        port = try invocation.value(Settings.port)
        bodyLimit = try invocation.value(Settings.bodyLimit)
        waitingLimit = try invocation.value(Settings.waitingLimit)
        servesPage = try invocation.value(Settings.ui)
        crossOrigin = invocation.optional(Settings.origins).map(CrossOrigin.init)
        token = invocation.optional(Settings.administrator)
        tokenOrigin = invocation.origin(of: Settings.administrator)?.origin ?? "WASMESH_TOKEN"
        values = WorkerSettings.values(invocation.configuration.document?["config"])
    }

    /// Refuses a token that could be guessed.
    func checkToken() throws(CommandFailure) {
        guard let token, token.utf8.count < RouterSettings.leastTokenBytes else { return }
        throw .usage(
            "\(tokenOrigin): it has \(token.utf8.count) bytes: an administrator's token has at least \(RouterSettings.leastTokenBytes), for instance of `openssl rand -hex 32`"
        )
    }
}
