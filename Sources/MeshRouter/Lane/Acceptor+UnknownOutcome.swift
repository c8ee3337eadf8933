import MeshCore
import Outbox
import Synchronization

extension Acceptor {
    /// Finds out what became of a batch whose connection was lost during its commit, once Postgres is back: what was committed is
    /// accepted, what wasn't goes back into the queue. Only where that can't be told in time is the caller told so.
    func settle(_ batch: [Item], _ lane: RouterLane) async {
        let since = ContinuousClock.now
        var wait = Duration.milliseconds(20)
        while true {
            do {
                let end = try await store.abandonLane(lane)
                let first = lane.lane.nextSequence
                guard end.nextSequence > first else { return putBack(batch, Acceptor.outcomeUnknown) }
                let count = batch.reduce(0) { $0 + $1.messages.count }
                let rows = try await committed(from: first, count, lane.lane.id)
                return settle(batch, first, rows, isCertain: end.wasOurs)
            } catch {
                state.withLock { $0.problem = error.description }
                if since.duration(to: .now) > configuration.patience || Task.isCancelled {
                    return fail(batch, Acceptor.outcomeUnknown)
                }
                try? await Task.sleep(for: wait)
                wait = min(wait * 2, .milliseconds(500))
            }
        }
    }

    /// The rows of a lane from a sequence on, page by page.
    private func committed(from first: Int64, _ count: Int, _ lane: Int64) async throws(StoreError)
        -> [OutboxRow]
    {
        var rows: [OutboxRow] = []
        while rows.count < count {
            let page = try await store.unpublished(
                lane: lane, above: rows.last?.sequence ?? first - 1, limit: count - rows.count)
            if page.isEmpty { break }
            rows += page
        }
        return rows
    }

    /// `isCertain`: it was this batch that moved the lane on; else it may have been another router's.
    private func settle(_ batch: [Item], _ first: Int64, _ rows: [OutboxRow], isCertain: Bool) {
        let bySequence = Dictionary(rows.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
        var sequence = first
        var repeatable: [Item] = []
        for item in batch {
            let found = item.messages.enumerated().compactMap { index, message -> IngressOutcome? in
                // Without a key nothing was refused; it waits elsewhere.
                if message.message.extensions.due != nil {
                    return isCertain && message.idempotency == nil ? .delayed : nil
                }
                return bySequence[sequence + Int64(index)].flatMap {
                    $0.message.id == message.message.id ? .accepted($0) : nil
                }
            }
            sequence += Int64(item.messages.count)
            if found.count == item.messages.count {
                metrics.countAccepted(found.count)
                item.continuation.resume(returning: .success(found))
            } else if item.messages.allSatisfy({ $0.idempotency != nil }) {
                // Refused for its key, most likely: asking again brings the answer, and can't do it twice.
                repeatable.append(item)
            } else {
                fail([item], Acceptor.outcomeUnknown)
            }
        }
        putBack(repeatable, Acceptor.outcomeUnknown)
    }

    private static let outcomeUnknown = MeshError(
        .providerUnavailable,
        "the connection to Postgres was lost during the commit: it isn't known whether this was accepted; repeat it with the same Idempotency-Key",
        retryable: true)
}
