package import Kafka
package import Outbox
import Synchronization

/// Rows handed to Kafka together, and what became of them.
package final class KafkaPublication: LanePublication {
    private struct State {
        var remaining: Int
        var refused: [(row: OutboxRow, error: KafkaError)] = []
        var fatal: KafkaError?
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let rows: [OutboxRow]
    private let state: Mutex<State>

    init(rows: [OutboxRow]) {
        self.rows = rows
        state = Mutex(State(remaining: rows.count))
    }

    /// Returns when each row is safe or refused; at most one task may wait. Throws where the client ended before that.
    package func acknowledged() async throws {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.remaining == 0 { return true }
                state.waiter = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
        if let fatal = state.withLock({ $0.fatal }) { throw fatal }
    }

    /// Rows that Kafka will never take, with the reason; complete once `acknowledged` has returned.
    package var refused: [(row: OutboxRow, error: KafkaError)] { state.withLock { $0.refused } }

    package var refusals: [LaneRefusal] {
        refused.map { row, error in
            LaneRefusal(
                row: row, reason: error.message,
                isTopicMissing: [.unknownTopic, .unknownPartition, .unknownTopicOrPartition].contains(error.code))
        }
    }

    /// Notes the report of the row at `index`.
    func settle(_ index: Int, error: KafkaError?) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.remaining -= 1
            if let error {
                // Whoever owns the lane publishes these again.
                if error.leavesRowOpen {
                    state.fatal = error
                } else {
                    state.refused.append((rows[index], error))
                }
            }
            guard state.remaining == 0 else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
