package import Outbox

/// What a worker does when a broker without durable storage has lost its data.
package struct BrokerLoss: Sendable {
    /// Which of the broker's lives is on record.
    ///
    /// Asked before a log's end is: whoever finds the log behind after another has had everything published again already must not know of that,
    /// or would have it done once more, and what was consumed since would be consumed twice.
    package var epoch: @Sendable () async throws -> Int64
    /// Has what stood in the partition's topic published again, unless somebody has done so since that epoch.
    package var reset: @Sendable (_ id: PartitionID, _ observed: Int64) async throws -> Void

    package init(
        epoch: @escaping @Sendable () async throws -> Int64,
        reset: @escaping @Sendable (_ id: PartitionID, _ observed: Int64) async throws -> Void
    ) {
        self.epoch = epoch
        self.reset = reset
    }
}
