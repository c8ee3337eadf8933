package import MeshCore

/// The transactional store as the owner of partitions uses it; every call is one pipelined round trip.
///
/// Calls for one partition must not overlap, except that `load` may run while a `commit` does.
package protocol PartitionStore: Sendable {
    /// Takes a partition over: raises its epoch, so that whoever owned it can't commit any more. `logStart` is where a new one begins.
    func claim(_ id: PartitionID, owner: String, logStart: Int64) async throws(StoreError) -> PartitionClaim

    /// The committed rows of a lane above a sequence, in order: what the last owner may not have published.
    func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow]

    /// What a batch needs before it runs.
    func load(_ request: LoadRequest) async throws(StoreError) -> LoadResult

    /// Commits a batch under the fence.
    @discardableResult
    func commit(_ batch: BatchCommit) async throws(StoreError) -> CommitReceipt

    /// Commits batches of different partitions that write different rows, each under its own fence, in one transaction: all of them or none. The
    /// receipts are in their order. Which of them an error other than a lost connection comes from isn't told.
    func commit(together batches: [BatchCommit]) async throws(StoreError) -> [CommitReceipt]

    /// Parked messages that are due, oldest first: only the head of each key, and none of the keys in `excluding` (they are busy).
    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>)
        async throws(StoreError) -> DueParked

    /// Those parked behind the message `id` of one key, in order.
    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int)
        async throws(StoreError) -> [ParkedMessage]

    /// Timers that are due, oldest first, but for those of workflows in `excluding`: their timers are in memory.
    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>)
        async throws(StoreError) -> DueTimers
}

/// Parked messages whose time has come.
package struct DueParked: Sendable, Equatable {
    package var messages: [ParkedMessage]
    /// When the next one that isn't among them is due; nil when none is. It is in the past when there are more than `limit`, or for excluded keys.
    package var nextDue: Timestamp?

    package init(messages: [ParkedMessage], nextDue: Timestamp?) {
        self.messages = messages
        self.nextDue = nextDue
    }
}
