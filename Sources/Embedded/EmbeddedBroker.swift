internal import Foundation
internal import Glibc
internal import MeshCore
internal import Synchronization

/// A Kafka-compatible broker in a child process, with everything in memory: for development, the demo and tests.
///
/// It forgets all topics, groups and records when it stops (docs/embedded-broker.md).
package final class EmbeddedBroker: Sendable {
    /// Where it listens; stays the same across `restart`.
    package let port: UInt16
    /// Where it writes its log.
    package let log: String

    private let binary: String
    private let directory: String
    private let advertisedPort: UInt16?
    private let process: Mutex<ChildProcess?>

    package var bootstrapServers: String { "127.0.0.1:\(port)" }

    /// Starts a broker (port 0: a free one) that logs into `directory`, and returns when it accepts connections.
    ///
    /// Clients are sent to `advertisedPort` where a proxy stands before it.
    package static func start(
        directory: String, port: UInt16 = 0, advertisedPort: UInt16? = nil, binary: String? = nil
    ) async throws(EmbeddedError) -> EmbeddedBroker {
        try await offPool("broker-start") { () throws(EmbeddedError) -> EmbeddedBroker in
            try EmbeddedBroker(directory: directory, port: port, advertisedPort: advertisedPort, binary: binary)
        }
    }

    private init(directory: String, port: UInt16, advertisedPort: UInt16?, binary: String?) throws(EmbeddedError) {
        self.binary = try Programs.broker(at: binary)
        self.directory = directory
        self.advertisedPort = advertisedPort
        log = "\(directory)/broker.log"
        try Folders.create(directory)
        // A free port may be taken by somebody else before the broker has it: then another one.
        var attempts = port == 0 ? 5 : 1
        while true {
            let candidate = port == 0 ? try FreePort.find() : port
            attempts -= 1
            do throws(EmbeddedError) {
                let started = try EmbeddedBroker.launch(self.binary, candidate, advertisedPort, directory, log)
                self.port = candidate
                process = Mutex(started)
                return
            } catch {
                if attempts == 0 { throw error }
            }
        }
    }

    deinit { process.withLock { $0?.signal(SIGKILL) } }

    package var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    /// The child's process id while it runs.
    package var pid: Int32? { process.withLock { $0?.pid } }

    /// Ends it in good order; does nothing when it has ended.
    package func stop() async { await end(SIGTERM) }

    /// Ends it at once, as a crash would.
    package func kill() async { await end(SIGKILL) }

    /// Starts it again, empty, on the same port; ends it first when it runs.
    package func restart() async throws(EmbeddedError) {
        await kill()
        try await offPool("broker-start") { [self] () throws(EmbeddedError) -> Void in
            let started = try EmbeddedBroker.launch(binary, port, advertisedPort, directory, log)
            process.withLock { $0 = started }
        }
    }

    /// Freezes it, and returns once it stands still: connections stay open, nothing is answered.
    ///
    /// The signal takes effect when one of its threads is next scheduled; until then the others work on. On a busy machine that may take a while.
    package func suspend() {
        process.withLock { $0?.signal(SIGSTOP) }
        let deadline = ContinuousClock.now + .seconds(5)
        while let pid, !EmbeddedBroker.standsStill(pid), .now < deadline { usleep(500) }
    }

    /// Whether all threads of a process are stopped, by /proc/PID/task/TID/stat (proc(5)).
    private static func standsStill(_ pid: Int32) -> Bool {
        let directory = "/proc/\(pid)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return threads.allSatisfy { thread in
            guard let text = try? String(contentsOfFile: "\(directory)/\(thread)/stat", encoding: .utf8),
                let name = text.lastIndex(of: ")")
            else { return true }
            return text[name...].dropFirst(2).first == "T"
        }
    }

    /// Lets it go on after `suspend`.
    package func resume() { process.withLock { $0?.signal(SIGCONT) } }

    /// Ends it without waiting for anything but the kernel; for handlers at the process's end.
    package func killNow() { process.withLock { $0?.signal(SIGKILL) } }

    private func end(_ signal: Int32) async {
        let child = process.withLock { process in
            let child = process
            process = nil
            return child
        }
        guard let child else { return }
        try? await offPool("broker-stop") { () throws(EmbeddedError) -> Void in
            child.stop(signal, patience: .seconds(3))
        }
    }
}

extension EmbeddedBroker {
    private static func launch(
        _ binary: String, _ port: UInt16, _ advertisedPort: UInt16?, _ directory: String, _ log: String
    ) throws(EmbeddedError) -> ChildProcess {
        guard FreePort.isFree(port) else {
            throw EmbeddedError("port \(port) is taken; stop what listens there or choose another port for the broker")
        }
        let url = "tcp://127.0.0.1:\(port)"
        let advertised = "tcp://127.0.0.1:\(advertisedPort ?? port)"
        let child = try ChildProcess(
            .init(
                executable: binary,
                arguments: [
                    "broker", "--listener-url", url, "--advertised-listener-url", advertised, "--storage-engine",
                    "memory://tansu/",
                ],
                environment: ["RUST_LOG": "warn"], directory: directory, log: log))
        let isReady = try poll(within: .seconds(10)) { () throws(EmbeddedError) -> Bool in
            if let ending = child.ending {
                throw EmbeddedError("the embedded broker ended at start (\(ending)); \(Folders.tail(of: log))")
            }
            return FreePort.answers(port)
        }
        guard isReady else {
            child.stop(SIGKILL, patience: .seconds(1))
            throw EmbeddedError("the embedded broker doesn't answer on port \(port); \(Folders.tail(of: log))")
        }
        return child
    }
}
