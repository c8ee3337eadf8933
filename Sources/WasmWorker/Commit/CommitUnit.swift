import Kafka
import MeshCore
import Outbox
import Wasm
import Workflows

/// The least that commits or fails together. What is rare and large lies elsewhere: units are moved from list to list.
enum CommitUnit: Sendable {
    /// The results of one key run.
    case run(KeyRunResult)
    /// A message that goes behind the parked ones of its key.
    case follower(Execution)
    /// A record that is done without running: a duplicate, nobody's, or a rejected one.
    indirect case record(offset: Int64, rejection: Rejection?)

    /// A row of the lane that Kafka refuses for good.
    indirect case undeliverable(OutboxRow, MeshError)

    struct Rejection: Sendable {
        var service: String
        var message: Message
        /// The record's own headers where they couldn't be read; else the message tells them.
        var headers: [KafkaHeader]
        var failure: Failure
        /// False of a tombstone, whose message has empty data.
        var hasValue = true

        /// Roughly the bytes of its dead letter.
        var byteCount: Int {
            headers.reduce(message.data.count) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
        }
    }

    /// Roughly what it counts for in a batch's bound.
    var weight: Int {
        switch self {
        case .run(let result): result.results.count + result.remaining.count
        case .follower, .record, .undeliverable: 1
        }
    }

    /// Roughly the bytes it writes.
    var byteCount: Int {
        switch self {
        case .run(let result): result.byteCount
        case .follower(let execution): execution.message.data.count
        case .record(_, let rejection): rejection?.byteCount ?? 0
        case .undeliverable(let row, _): row.message.data.count
        }
    }
}

extension WorkflowEffects {
    /// Roughly the bytes it writes.
    fileprivate var byteCount: Int {
        var bytes = messages.reduce(0) { $0 + $1.message.data.count } + answers.reduce(0) { $0 + $1.data.count }
        if case .set(let data) = state { bytes += data.count }
        for entry in write?.entries ?? [] {
            bytes += 200 + (entry.request?.count ?? 0) + (entry.result?.count ?? 0) + (entry.details?.count ?? 0)
            bytes += entry.state?.count ?? 0
        }
        return bytes
    }
}

extension ExecutionResult {
    var byteCount: Int {
        switch outcome {
        case .done(let reply, let state, let messages):
            var bytes = reply.count + messages.reduce(0) { $0 + $1.data.count }
            if case .set(let data) = state { bytes += data.count }
            return bytes
        case .failed: return executions.reduce(0) { $0 + $1.message.data.count }
        case .activated(let activation, _): return activation.effects?.byteCount ?? 0
        case .scheduled: return 500
        }
    }
}
