import Synchronization

/// Waits for work that may take for ever, but not for longer than a limit.
enum TimeLimit {
    /// True where `work` ended within `limit`; else it goes on by itself. Waits whether the task is cancelled or not: stopping comes by cancellation.
    static func run(_ limit: Duration, _ work: @escaping @Sendable () async -> Void) async -> Bool {
        await withCheckedContinuation { continuation in
            let end = Ending(continuation)
            let timer = Task {
                try? await Task.sleep(for: limit)
                end.tell(false)
            }
            Task {
                await work()
                end.tell(true)
                timer.cancel()
            }
        }
    }

    /// Resumes whoever waits, once.
    private final class Ending: Sendable {
        private let waiter: Mutex<CheckedContinuation<Bool, Never>?>

        init(_ waiter: CheckedContinuation<Bool, Never>) { self.waiter = Mutex(waiter) }

        func tell(_ isInTime: Bool) {
            let waiter = waiter.withLock { waiter in
                defer { waiter = nil }
                return waiter
            }
            waiter?.resume(returning: isInTime)
        }
    }
}
