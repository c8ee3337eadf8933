import Synchronization

/// Bounds how many commits are under way at a time, so that batches grow under load instead of queueing in Postgres.
final class CommitGate: Sendable {
    private struct State {
        var free: Int
        var waiters: [@Sendable () -> Void] = []
        var head = 0
    }

    private let state: Mutex<State>

    init(limit: Int) { state = Mutex(State(free: max(1, limit))) }

    /// Calls `body` once it is our turn; at once, on the caller's thread, when there is room.
    func enter(_ body: @escaping @Sendable () -> Void) {
        let mayEnter = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.waiters.append(body)
            return false
        }
        if mayEnter { body() }
    }

    /// Gives the turn back, to whoever has waited longest.
    func leave() {
        let next = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.head < state.waiters.count else {
                state.free += 1
                return nil
            }
            let next = state.waiters[state.head]
            state.head += 1
            if state.head > 64 || state.head == state.waiters.count {
                state.waiters.removeFirst(state.head)
                state.head = 0
            }
            return next
        }
        next?()
    }
}
