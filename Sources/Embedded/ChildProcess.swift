internal import CSystem
internal import Dispatch
internal import Glibc
internal import Kafka
internal import MeshCore
internal import Synchronization

/// A child process that cannot outlive this one.
///
/// The kernel's parent-death signal belongs to the *thread* that started the child, so each child has a thread that starts
/// it and then waits for its end: the child dies when that thread does, which is when this process does, however it ends.
/// Children are in process groups of their own, so that Ctrl-C reaches them only through us, in our order.
package final class ChildProcess: Sendable {
    /// What to run and how.
    package struct Command: Sendable {
        package var executable: String
        package var arguments: [String]
        package var environment: [String: String]
        /// Where it runs; must be open to its user.
        package var directory: String
        /// Receives standard output and error, appended.
        package var log: String
        /// Runs as this user; nil keeps ours. Needs root.
        package var user: String?
        /// What the child gets when this process dies.
        package var signalAtParentsDeath: String

        package init(
            executable: String, arguments: [String], environment: [String: String] = [:], directory: String,
            log: String, user: String? = nil, signalAtParentsDeath: String = "KILL"
        ) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
            self.log = log
            self.user = user
            self.signalAtParentsDeath = signalAtParentsDeath
        }
    }

    package let pid: Int32
    private let exit: Exit

    /// Holds how it ended, once it has.
    private final class Exit: Sendable {
        let status = Mutex<Int32?>(nil)
        let ended = DispatchSemaphore(value: 0)
    }

    /// Starts the command; throws when it cannot be started at all.
    package init(_ command: Command) throws(EmbeddedError) {
        let exit = Exit()
        let started = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Int32, EmbeddedError>?>(nil)
        DedicatedThread.start("child-keeper") {
            let spawned = Spawn.run(command)
            result.withLock { $0 = spawned }
            started.signal()
            guard case .success(let pid) = spawned else { return }
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
            exit.status.withLock { $0 = status }
            exit.ended.signal()
        }
        started.wait()
        guard let outcome = result.withLock({ $0 }) else { preconditionFailure("signalled without a result") }
        pid = try outcome.get()
        self.exit = exit
    }

    package var isRunning: Bool { exit.status.withLock { $0 == nil } }

    /// How it ended, in words; nil while it runs.
    package var ending: String? {
        guard let status = exit.status.withLock({ $0 }) else { return nil }
        return status & 0x7f == 0 ? "exit code \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
    }

    /// Its exit code; nil while it runs or when a signal ended it.
    package var exitCode: Int32? {
        guard let status = exit.status.withLock({ $0 }), status & 0x7f == 0 else { return nil }
        return status >> 8 & 0xff
    }

    /// Sends a signal, unless it has ended (its id may be another's by then).
    package func signal(_ number: Int32) {
        exit.status.withLock { status in
            if status == nil { _ = Glibc.kill(pid, number) }
        }
    }

    /// Blocks until it has ended, at most `limit`; false when it still runs. Not for the cooperative pool.
    package func waitUntilEnded(within limit: Duration) -> Bool {
        guard exit.ended.wait(timeout: .now() + .milliseconds(Int(limit / .milliseconds(1)))) == .success else {
            return !isRunning
        }
        // For the next who waits.
        exit.ended.signal()
        return true
    }

    /// Asks it to end, and after `patience` makes it. Not for the cooperative pool.
    package func stop(_ number: Int32 = SIGTERM, patience: Duration) {
        signal(number)
        // A suspended process takes note of a signal only when it goes on.
        signal(SIGCONT)
        if waitUntilEnded(within: patience) { return }
        signal(SIGKILL)
        _ = waitUntilEnded(within: .seconds(5))
    }
}
