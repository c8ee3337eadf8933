/// Brings the committed rows of lanes to the log; implemented on the Kafka side.
package protocol LanePublisher: Sendable {
    /// Hands rows over in order, each with the stamp (`lane`, `epoch`, its sequence), and returns once the client has queued them all.
    ///
    /// The caller awaits the return before it hands over more of the same lane, so that order holds; it waits where the client's
    /// queue is full. What it returns tells when the rows are safe. Throws where the client can take no more (closed, fatal): the
    /// caller then starts again at the lane's last acknowledged sequence.
    func publish(_ rows: [OutboxRow], lane: Int64, epoch: Int64) async throws -> any LanePublication
}

/// A publisher that many lanes share, and that is another one after it has failed.
package protocol SharedLanePublisher: Sendable {
    /// What one claim of a lane publishes with, from its first row to its last.
    ///
    /// Once it has thrown, or a publication of it has, it takes nothing more of this lane: what follows a row that was lost must not get into the log
    /// before that.
    func open() throws -> any LanePublisher
}

/// Rows that were handed to the log's client and aren't known to be safe yet.
package protocol LanePublication: Sendable {
    /// Returns when every row is acknowledged by all in-sync replicas or refused for good; throws where neither can become true any more.
    func acknowledged() async throws
    /// The rows that the log will not take; complete once `acknowledged` has returned.
    var refusals: [LaneRefusal] { get }
}

extension LanePublication {
    package var refusals: [LaneRefusal] { [] }
}

/// A row that the log will not take.
package struct LaneRefusal: Sendable, Equatable {
    package var row: OutboxRow
    package var reason: String
    /// True where the topic or partition isn't there (yet); else the row itself is the cause.
    package var isTopicMissing: Bool

    package init(row: OutboxRow, reason: String, isTopicMissing: Bool) {
        self.row = row
        self.reason = reason
        self.isTopicMissing = isTopicMissing
    }
}

/// A publisher that its user opens for one claim of a lane, and closes with it.
///
/// A fresh one per claim matters: nothing that the last one still held can come between what the new one publishes.
package protocol ClosableLanePublisher: LanePublisher {
    /// Takes no more rows and waits up to `limit` for those it has; a `publish` that still waits throws.
    func close(flushing limit: Duration) async
}
