import Synchronization

/// Events for one consumer, posted from any thread and taken in batches, in the order they were posted.
///
/// Its size is bounded by its posters: each has a bounded number of requests under way (fetches pause, runs are counted).
final class Mailbox<Event: Sendable>: Sendable {
    private struct State {
        var queue: [Event] = []
        /// The consumer has ended: nothing is kept any more.
        var isOver = false
    }

    private let state = Mutex(State())
    private let wakeUps: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        // One pending wake-up is enough: the consumer takes everything there is.
        (wakeUps, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func post(_ event: Event) {
        let wasEmpty = state.withLock { state in
            guard !state.isOver else { return false }
            state.queue.append(event)
            return state.queue.count == 1
        }
        if wasEmpty { signal.yield() }
    }

    /// Ends the consumer's loop after what was posted so far.
    func close() { signal.finish() }

    /// Calls `body` with all that was posted since the last call, until the mailbox is closed or the task is cancelled.
    func consume(_ body: ([Event]) async -> Void) async {
        for await _ in wakeUps { await body(take()) }
        // Outside the lock: what an event holds may post again when it is freed.
        _ = take(isLast: true)
    }

    private func take(isLast: Bool = false) -> [Event] {
        state.withLock { state in
            state.isOver = isLast
            // The consumer keeps the old buffer while it works, so keeping its capacity would be to allocate it again.
            let taken = state.queue
            state.queue = []
            return taken
        }
    }
}
