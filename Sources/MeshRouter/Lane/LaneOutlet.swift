package import Outbox
import Publishing

/// A lane publisher that one lane owner opens when it claims its lane and closes when it is done with it.
///
/// A fresh one per claim matters: nothing that the last one still held can come between what the new one publishes.
package protocol LaneOutlet: LanePublisher {
    /// Takes no more rows and waits up to `limit` for those it has; a `publish` that still waits throws.
    func close(flushing limit: Duration) async
}

extension KafkaLanePublisher: LaneOutlet {}

/// Rows that Kafka wouldn't take, though the client is in order.
struct RowsRefused: Error, CustomStringConvertible {
    let refusals: [LaneRefusal]

    var description: String {
        guard let first = refusals.first else { return "no row was refused" }
        return "Kafka refused \(refusals.count) messages, the first for \(first.row.topic): \(first.reason)"
    }

    /// True where the topic is gone: published again once it is back. Else the message itself is the cause.
    var isTopicMissing: Bool { refusals.contains(where: \.isTopicMissing) }
}
