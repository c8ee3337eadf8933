import Synchronization

/// Bounds how many commits are under way at a time, so that batches grow under load instead of queueing in Postgres.
final class CommitGate: Sendable {
    private struct State {
        var free: Int
        var waiters: [@Sendable (CommitTurn) -> Void] = []
        var head = 0
    }

    private let state: Mutex<State>

    init(limit: Int) { state = Mutex(State(free: max(1, limit))) }

    /// Calls `body` once it is our turn; at once, on the caller's thread, when there is room.
    func enter(_ body: @escaping @Sendable (CommitTurn) -> Void) {
        let mayEnter = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.waiters.append(body)
            return false
        }
        if mayEnter { body(CommitTurn(self)) }
    }

    /// Gives a turn to whoever has waited longest.
    fileprivate func leave() {
        let next = state.withLock { state -> (@Sendable (CommitTurn) -> Void)? in
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
        next?(CommitTurn(self))
    }
}

/// The right to commit, given back when it is over or when nobody holds it any more.
///
/// The second is what matters: a loop that ends while it waits for its turn never hears of it, and a few turns lost that way
/// would keep the worker from ever committing again.
final class CommitTurn: Sendable {
    private let gate: CommitGate
    private let isOver = Atomic<Bool>(false)

    fileprivate init(_ gate: CommitGate) { self.gate = gate }

    deinit { end() }

    /// Gives the turn back; doing so twice is safe.
    func end() {
        if !isOver.exchange(true, ordering: .acquiringAndReleasing) { gate.leave() }
    }
}
