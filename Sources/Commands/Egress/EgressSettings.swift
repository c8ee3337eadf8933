/// What an egress process needs besides the database.
struct EgressSettings: Sendable {
    /// The folder of secrets, absolute; nil where there is none.
    var secrets: String?
    var concurrency: Int
    var metricsPort: Int
    /// With `wasmesh dev`.
    var allowsAll = false

    static let options = [
        Settings.secrets.description, Settings.concurrency.description, Settings.metricsPort.description,
    ]

    init(_ invocation: Invocation) throws(CommandFailure) {
        secrets = invocation.optional(Settings.secrets).map {
            $0.hasPrefix("/") ? $0 : invocation.directory + "/" + $0
        }
        concurrency = invocation.optional(Settings.concurrency) ?? 64
        metricsPort = try invocation.value(Settings.metricsPort)
    }
}
