import Synchronization

/// Wakes one waiter; a signal that comes while nobody waits is kept for the next.
package final class ChangeSignal: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: (id: UInt64, continuation: CheckedContinuation<Void, Never>)?
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func signal() {
        let waiter = state.withLock { state in
            state.isSignalled = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }

    /// Returns at a signal, at the limit, or when the task is cancelled.
    package func wait(atMost limit: Duration) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isSignalled || Task.isCancelled {
                        state.isSignalled = false
                        return true
                    }
                    state.waiter = (id, continuation)
                    return false
                }
                if isOver { return continuation.resume() }
                // Not before: at its limit it would find nobody to wake, where the process stood still in between.
                timer = Task {
                    try? await Task.sleep(for: limit)
                    self.end(id)
                }
            }
        } onCancel: {
            self.end(id)
        }
    }

    private func end(_ id: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiter?.id == id else { return nil }
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }
}
