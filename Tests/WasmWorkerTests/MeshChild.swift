import Embedded
import Foundation
import Glibc
import Kafka
import TestSupport
import Testing

/// `wasmesh worker`, `router` or `relay` in a process of its own, to be frozen and killed; its log is kept.
final class MeshChild: Sendable {
    let name: String
    private let log: String
    private let child: ChildProcess

    /// Starts the program with these words, in a directory of its own that has the addresses of the servers.
    init(
        _ words: [String], name: String, kafka: KafkaConfiguration, postgres url: String,
        environment: [String: String] = [:]
    ) throws {
        self.name = name
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName(name))"
        log = "\(directory)/log"
        // As `wasmesh dev` leaves it: so the process knows that the broker is the embedded one.
        try FileManager.default.createDirectory(
            atPath: "\(directory)/.wasmesh/dev", withIntermediateDirectories: true)
        let addresses = ["router": "http://127.0.0.1:1", "kafka": kafka.bootstrapServers, "postgres": url].map {
            "\"\($0.key)\": \"\($0.value)\""
        }
        try "{\(addresses.joined(separator: ", ")), \"process\": \(getpid()), \"ready\": true}"
            .write(toFile: "\(directory)/.wasmesh/dev/env.json", atomically: true, encoding: .utf8)
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WASMESH_") }
        child = try ChildProcess(
            .init(
                executable: MeshChild.binary, arguments: words, environment: inherited.merging(environment) { $1 },
                directory: directory, log: log))
    }

    /// A worker of that name.
    static func worker(
        _ name: String, kafka: KafkaConfiguration, postgres url: String, environment: [String: String] = [:]
    ) throws -> MeshChild {
        try MeshChild(
            ["worker", "--id", name, "--log-format", "text"], name: name, kafka: kafka, postgres: url,
            environment: environment)
    }

    static func worker(_ mesh: TestMesh, _ name: String) throws -> MeshChild {
        try worker(name, kafka: mesh.kafka, postgres: mesh.url)
    }

    private static let binary = built("wasmesh")

    /// What lies beside the test bundle.
    private static func built(_ name: String) -> String {
        let beside = CommandLine.arguments.prefix(1).map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent(name).path
        }
        let candidates = beside + ["\(TestEnvironment.checkout)/.build/debug/\(name)"]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? name
    }

    /// What makes a child's wall clock wrong by so many seconds (Chaos/FalseClock).
    static func wrongClock(by seconds: Int64) throws -> [String: String] {
        let library = built("libfalseclock.so")
        // One that isn't there would only be complained of, and the clock be right.
        try #require(FileManager.default.fileExists(atPath: library))
        let file = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("clock"))"
        try withUnsafeBytes(of: seconds) { Data($0) }.write(to: URL(fileURLWithPath: file))
        return ["LD_PRELOAD": library, "WASMESH_FALSE_CLOCK": file]
    }

    func freeze() { child.signal(SIGSTOP) }
    func thaw() { child.signal(SIGCONT) }
    func kill() { child.signal(SIGKILL) }
    var isRunning: Bool { child.isRunning }
    func hasEnded(within limit: Duration) -> Bool { child.waitUntilEnded(within: limit) }
    /// What it has said so far.
    var text: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Waits until it has said that.
    func says(_ words: String, within limit: Duration = .seconds(30)) async throws {
        try await eventually("\(name) to say '\(words)'; it said:\n\(text)", within: limit) { text.contains(words) }
    }

    /// Waits until it owns something.
    func owns(_ mesh: TestMesh) async throws {
        try await eventually("\(name) owns partitions; it said:\n\(text)", within: .seconds(30)) {
            try await mesh.count("SELECT count(*) FROM mesh.position WHERE owner = '\(name)'") > 0
        }
    }
}
