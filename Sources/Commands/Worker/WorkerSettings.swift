import Foundation
import MeshCore

/// What a worker needs besides the mesh's settings.
struct WorkerSettings: Sendable {
    var pool: String
    var id: String
    var threads: Int
    var cache: String
    var metricsPort: Int
    /// Configuration values by service and name (`config` of `wasmesh.json`); `*` is every service.
    var values: [String: [String: String]]

    static let options = [
        Settings.pool.description, Settings.workerID.description, Settings.threads.description,
        Settings.cache.description, Settings.metricsPort.description,
    ]

    init(_ invocation: Invocation) throws(CommandFailure) {
        pool = try invocation.value(Settings.pool)
        id = invocation.optional(Settings.workerID) ?? "\(ProcessInfo.processInfo.hostName)-\(getpid())"
        threads = invocation.optional(Settings.threads) ?? ProcessInfo.processInfo.activeProcessorCount
        let directory = try invocation.value(Settings.cache)
        cache = directory.hasPrefix("/") ? directory : invocation.directory + "/" + directory
        metricsPort = try invocation.value(Settings.metricsPort)
        values = WorkerSettings.values(invocation.configuration.document?["config"])
    }

    /// `{"currency": "EUR", "shop.Orders": {"soldOut": "kite"}}`: a scalar is for all services (`*`), an object for one.
    static func values(_ section: JSONNode?) -> [String: [String: String]] {
        var values: [String: [String: String]] = [:]
        for member in section?.members ?? [] {
            if case .object(let own) = member.node.value {
                for value in own {
                    values[member.name, default: [:]][value.name] = value.node.text ?? value.node.rendered()
                }
            } else {
                values["*", default: [:]][member.name] = member.node.text ?? member.node.rendered()
            }
        }
        return values
    }
}
