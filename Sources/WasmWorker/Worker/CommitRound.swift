import Outbox
import Synchronization

/// The partitions that got their turn to commit at the same time: complete when each has given its batch or declined.
final class CommitRound: Sendable {
    /// A batch, and who wants to know what becomes of it.
    struct Entry: Sendable {
        var batch: BatchCommit
        var size: CommitSize
        var done: @Sendable (Result<CommitReceipt, StoreError>) -> Void
    }

    private struct State {
        var awaited: Int
        var entries: [Entry] = []
    }

    private let state: Mutex<State>
    private let complete: @Sendable ([Entry]) -> Void

    /// Calls `complete` once, with what `count` turns were used for.
    init(of count: Int, complete: @escaping @Sendable ([Entry]) -> Void) {
        state = Mutex(State(awaited: count))
        self.complete = complete
    }

    /// One of the turns was used, or (nil) given back.
    func answer(_ entry: Entry?) {
        let entries = state.withLock { state -> [Entry]? in
            if let entry { state.entries.append(entry) }
            state.awaited -= 1
            return state.awaited == 0 ? state.entries : nil
        }
        if let entries { complete(entries) }
    }
}
