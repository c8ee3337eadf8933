import Glibc
import MeshCore
import Synchronization

/// A process that runs until it is told to stop: SIGTERM or Ctrl-C drains within a stated time, a second one ends at once.
struct LongRunning {
    let name: String
    let drain: Duration
    /// What must still happen when the process ends at once, such as killing child processes.
    var atOnce: @Sendable () -> Void = {}

    /// Runs `body` until it returns or a signal comes; then `body` is cancelled and has `drain` to finish.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = Signals()
        let work = Task { try await body() }
        let watcher = Task { await self.watch(signals, work) }
        let result = await work.result
        watcher.cancel()
        do {
            try result.get()
        } catch {
            // What was under way when the signal came is cancelled in many ways; that is what was asked for.
            guard work.isCancelled else { throw error }
            Log(name).debug("ended while stopping: \(error)")
        }
    }

    private func watch(_ signals: Signals, _ work: Task<Void, any Error>) async {
        var count = 0
        var limit: Task<Void, Never>?
        var first: ContinuousClock.Instant?
        for await signal in signals.stream {
            // Wrappers such as timeout(1) signal the process and then its group: that is one wish.
            if let first, first.duration(to: .now) < .milliseconds(300) { continue }
            first = first ?? .now
            count += 1
            if count > 1 { end("stopped at once", code: 128 + signal) }
            Log(name).info("stopping: what is in flight has \(drain) to finish; a second signal ends at once")
            work.cancel()
            limit = Task {
                try? await Task.sleep(for: drain)
                if !Task.isCancelled { end("not drained within \(drain)", code: 1) }
            }
        }
        limit?.cancel()
    }

    private func end(_ why: String, code: Int32) -> Never {
        Log(name).warning(why)
        atOnce()
        _exit(code)
    }
}
