import Synchronization

/// Runs asynchronous jobs one after the other, in the order they were appended.
final class SerialTasks: Sendable {
    private let last = Mutex<Task<Void, Never>?>(nil)

    /// Waits for what was appended so far.
    func settled() async { await last.withLock { $0 }?.value }

    func append(_ job: @escaping @Sendable () async -> Void) {
        last.withLock { last in
            let before = last
            last = Task {
                await before?.value
                await job()
            }
        }
    }
}
