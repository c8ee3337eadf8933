import Kafka
import Synchronization

/// Records between the reader's thread and the writer of one partition; what has piled up is taken together.
final class BatchQueue: Sendable {
    private struct State {
        var records: [KafkaRecord] = []
        var next = 0
        var isClosed = false
        var waiter: CheckedContinuation<[KafkaRecord]?, Never>?

        mutating func take(_ limit: Int) -> [KafkaRecord] {
            let end = min(records.count, next + limit)
            defer {
                next = end
                if next == records.count {
                    records.removeAll(keepingCapacity: true)
                    next = 0
                }
            }
            return Array(records[next..<end])
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func append(_ records: [KafkaRecord]) {
        let (waiter, batch) = state.withLock { state -> (CheckedContinuation<[KafkaRecord]?, Never>?, [KafkaRecord]) in
            state.records += records
            guard let waiter = state.waiter else { return (nil, []) }
            state.waiter = nil
            return (waiter, state.take(limit))
        }
        waiter?.resume(returning: batch)
    }

    /// The next records, as many as are there up to the limit; nil at the end. One task may wait.
    func next() async -> [KafkaRecord]? {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> [KafkaRecord]?? in
                if state.next < state.records.count { return .some(state.take(limit)) }
                if state.isClosed { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}
