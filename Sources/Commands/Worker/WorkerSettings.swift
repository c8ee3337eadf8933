import Foundation

/// What a worker needs besides the mesh's settings.
struct WorkerSettings: Sendable {
    var pool: String
    var id: String
    var threads: Int
    var batch: Int
    var cache: String
    var metricsPort: Int
    /// Configuration values of services, by service and name (`config` of `wasmesh.json`).
    var values: [String: [String: String]]

    static let options = [
        Settings.pool.description, Settings.workerID.description, Settings.threads.description,
        Settings.batch.description, Settings.cache.description, Settings.metricsPort.description,
    ]

    init(_ invocation: Invocation) throws(CommandFailure) {
        pool = try invocation.value(Settings.pool)
        id = invocation.optional(Settings.workerID) ?? "\(ProcessInfo.processInfo.hostName)-\(getpid())"
        threads = invocation.optional(Settings.threads) ?? ProcessInfo.processInfo.activeProcessorCount
        batch = try invocation.value(Settings.batch)
        let directory = try invocation.value(Settings.cache)
        cache = directory.hasPrefix("/") ? directory : invocation.directory + "/" + directory
        metricsPort = try invocation.value(Settings.metricsPort)
        values = [:]
        for service in invocation.configuration.document?["config"]?.members ?? [] {
            values[service.name] = Dictionary(
                service.node.members.map { ($0.name, $0.node.text ?? $0.node.rendered()) }, uniquingKeysWith: { $1 })
        }
    }
}
