/// Brings the committed rows of lanes to the log; implemented on the Kafka side.
package protocol LanePublisher: Sendable {
    /// Hands rows over in order, each with the stamp (`lane`, `epoch`, its sequence), and returns once the client has queued them all.
    ///
    /// The caller awaits the return before it hands over more of the same lane, so that order holds; it waits where the client's
    /// queue is full. What it returns tells when the rows are safe. Throws where the client can take no more (closed, fatal): the
    /// caller then starts again at the lane's last acknowledged sequence.
    func publish(_ rows: [OutboxRow], lane: Int64, epoch: Int64) async throws -> any LanePublication
}

/// Rows that were handed to the log's client and aren't known to be safe yet.
package protocol LanePublication: Sendable {
    /// Returns when every row is acknowledged by all in-sync replicas; throws where that can't become true any more.
    func acknowledged() async throws
}
