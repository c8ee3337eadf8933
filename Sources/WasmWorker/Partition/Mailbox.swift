import Synchronization

/// Events for one consumer, posted from any thread and taken in batches, in the order they were posted.
///
/// Its size is bounded by its posters: each has a bounded number of requests under way (fetches pause, runs are counted).
final class Mailbox<Event: Sendable>: Sendable {
    private let queue = Mutex<[Event]>([])
    private let wakeUps: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        // One pending wake-up is enough: the consumer takes everything there is.
        (wakeUps, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func post(_ event: Event) {
        let wasEmpty = queue.withLock { queue in
            queue.append(event)
            return queue.count == 1
        }
        if wasEmpty { signal.yield() }
    }

    func post(_ events: [Event]) {
        guard !events.isEmpty else { return }
        let wasEmpty = queue.withLock { queue in
            queue.append(contentsOf: events)
            return queue.count == events.count
        }
        if wasEmpty { signal.yield() }
    }

    /// Ends the consumer's loop after what was posted so far.
    func close() { signal.finish() }

    /// Calls `body` with all that was posted since the last call, until the mailbox is closed or the task is cancelled.
    func consume(_ body: ([Event]) async -> Void) async {
        for await _ in wakeUps {
            let events = queue.withLock { queue in
                let taken = queue
                queue.removeAll(keepingCapacity: true)
                return taken
            }
            await body(events)
        }
    }
}
