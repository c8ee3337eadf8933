import Glibc
import Guests
import Synchronization

/// A command that tools work for: Ctrl-C or SIGTERM ends them with it, and it takes away what it has made for them; a second one ends at once.
enum Interruptible {
    /// Longer than tools are given to end.
    private static let patience = Duration.seconds(5)

    /// Runs `body`, and cancels it when a signal comes; where the process isn't the command's own, signals aren't either.
    static func run(_ invocation: Invocation, _ body: @escaping @Sendable () async throws -> Void) async throws {
        guard invocation.ownsProcess else { return try await body() }
        let signals = Signals()
        let caught = Atomic<Int32>(0)
        let work = Task { try await body() }
        let watcher = Task { [signals] in
            var first: ContinuousClock.Instant?
            for await signal in signals.stream {
                guard let begin = first else {
                    first = .now
                    caught.store(signal, ordering: .relaxed)
                    work.cancel()
                    Task {
                        try await Task.sleep(for: patience)
                        end(signal)
                    }
                    continue
                }
                // Wrappers such as timeout(1) signal the process and then its group: that is one wish.
                if begin.duration(to: .now) > .milliseconds(300) { end(signal) }
            }
        }
        let result = await work.result
        watcher.cancel()
        let signal = caught.load(ordering: .relaxed)
        if signal != 0, case .failure = result {
            throw CommandFailure.silent(signal == SIGTERM ? .terminated : .interrupted)
        }
        try result.get()
    }

    private static func end(_ signal: Int32) -> Never {
        ToolKeeper.killAll()
        _exit(128 + signal)
    }
}
