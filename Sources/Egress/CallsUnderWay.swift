import MeshCore
import Synchronization

/// The calls that a process is making, each in a task that outlives the cancellation of whoever began it.
final class CallsUnderWay: Sendable {
    private let tasks = Mutex<[String: Task<Void, Never>]>([:])

    var ids: [String] { tasks.withLock { Array($0.keys) } }

    var count: Int { tasks.withLock { $0.count } }

    /// - Parameter ended: called when there is room again.
    func begin(_ id: String, _ body: @escaping @Sendable () async -> Void, ended: @escaping @Sendable () -> Void) {
        tasks.withLock { tasks in
            tasks[id] = Task {
                await body()
                _ = self.tasks.withLock { $0.removeValue(forKey: id) }
                ended()
            }
        }
    }

    /// Waits for them, and cancels those that take longer.
    func end(within limit: Duration) async {
        let open = tasks.withLock { Array($0.values) }
        let limit = Task.detached {
            try await Task.sleep(for: limit)
            for task in open { task.cancel() }
        }
        for task in open { await task.value }
        limit.cancel()
    }
}
