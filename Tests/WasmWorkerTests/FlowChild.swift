import Embedded
import Foundation
import Glibc
import Kafka
import TestSupport

/// `wasmesh worker` as a process of its own on a `FlowMesh`, so that it can be killed.
final class FlowChild: Sendable {
    private let child: ChildProcess

    init(_ mesh: FlowMesh, _ name: String) throws {
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName(name))"
        // As `wasmesh dev` leaves it: so the worker knows that the broker is the embedded one.
        try FileManager.default.createDirectory(
            atPath: "\(directory)/.wasmesh/dev", withIntermediateDirectories: true)
        let addresses = [
            "router": "http://127.0.0.1:1", "kafka": mesh.kafka.bootstrapServers, "postgres": mesh.url,
        ].map { "\"\($0.key)\": \"\($0.value)\"" }
        try "{\(addresses.joined(separator: ", ")), \"process\": \(getpid()), \"ready\": true}"
            .write(toFile: "\(directory)/.wasmesh/dev/env.json", atomically: true, encoding: .utf8)
        child = try ChildProcess(
            .init(
                executable: FlowChild.binary, arguments: ["worker", "--id", name, "--log-format", "text"],
                environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WASMESH_") },
                directory: directory, log: "\(directory)/log"))
    }

    /// It lies beside the test bundle.
    private static let binary: String = {
        let candidates = CommandLine.arguments.prefix(1).map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("wasmesh").path
        }
        let built = "\(TestEnvironment.checkout)/.build/debug/wasmesh"
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? built
    }()

    func kill() { child.signal(SIGKILL) }
}
