import Embedded
import Foundation
import Glibc
import TestSupport

/// `wasmesh worker` beside a development mesh.
final class WorkerProcess: Sendable {
    private let child: ChildProcess

    init(in directory: String, id: String, _ options: [String] = []) throws {
        child = try ChildProcess(
            .init(
                executable: Wasmesh.binary, arguments: ["worker", "--id", id] + options,
                environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WASMESH_") },
                directory: directory, log: "\(directory)/worker-\(id).log"))
    }

    func kill() { child.signal(SIGKILL) }

    /// Asks it to drain, and tells how it ended.
    func terminate(within limit: Duration) -> Int32? {
        child.signal(SIGTERM)
        return child.waitUntilEnded(within: limit) ? child.exitCode : nil
    }
}
