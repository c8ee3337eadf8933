import Synchronization

/// How long each missing topic has held lanes up, also across starts of a relay and claims of partitions.
///
/// Whoever writes a message's headers makes up topics, so no more than `topicsMax` are remembered; of the others the patience begins anew.
package final class TopicPatience: Sendable {
    static let topicsMax = 1000
    private let limit: Duration
    private let since = Mutex<[String: ContinuousClock.Instant]>([:])

    package init(limit: Duration) { self.limit = limit }

    /// True once the topic has been missing for longer than the limit.
    package func isExhausted(_ topic: String) -> Bool {
        since.withLock { since in
            let now = ContinuousClock.now
            let first = since[topic] ?? now
            if since[topic] == nil, since.count >= TopicPatience.topicsMax,
                let oldest = since.min(by: { $0.value < $1.value })?.key
            {
                since[oldest] = nil
            }
            since[topic] = first
            return now - first >= limit
        }
    }

    /// A topic that took messages is there.
    package func forget(_ topics: some Sequence<String>) {
        since.withLock { since in
            if since.isEmpty { return }
            for topic in topics { since[topic] = nil }
        }
    }
}

/// A topic isn't there: the lane waits for it, so that order holds.
struct TopicMissing: Error, CustomStringConvertible {
    var refusal: LaneRefusal

    var description: String {
        "the topic \(refusal.row.topic) can't take messages (\(refusal.reason)); a router creates it when its service is deployed"
    }
}
