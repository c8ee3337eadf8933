internal import Foundation

/// Where everything of one run is kept.
struct RunFolder: Sendable {
    let path: String

    var logs: String { path + "/logs" }
    var postgres: String { path + "/postgres" }
    var broker: String { path + "/broker" }
    var cache: String { path + "/cache" }

    init(_ options: ChaosOptions) throws {
        path = "\(options.directory)/\(options.isSoak ? "soak" : "chaos")-\(options.seed)-\(getpid())"
        for folder in [logs, broker, cache, path + "/.wasmesh/dev"] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    /// Tells programs that start here that the broker is the embedded one.
    func writeAddresses(kafka: String, postgres: String, router: String) throws {
        try write(
            """
            {"router": "\(router)", "kafka": "\(kafka)", "postgres": "\(postgres)", "process": \(getpid()), "ready": true}

            """, to: ".wasmesh/dev/env.json")
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
