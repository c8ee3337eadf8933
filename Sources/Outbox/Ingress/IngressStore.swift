/// The store as a router uses it.
package protocol IngressStore: Sendable {
    /// Leases a lane that nobody holds (a free one first), for `lease`; renew it well before that.
    func claimLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane

    /// Leases a lane whose holder has gone and left rows that may not be in the log; nil when there is none. Publish them, then release it.
    func claimAbandonedLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane?

    /// Renews the lane's lease, stores its acknowledged sequence, and throws `fenced` where it is somebody else's by now.
    func renewLane(_ lane: RouterLane, acknowledged: Int64, lease: Duration) async throws(StoreError)

    /// Gives the lane back, for another router to lease at once.
    func releaseLane(_ lane: RouterLane, acknowledged: Int64) async throws(StoreError)

    /// Gives up a lane after a commit whose outcome isn't known. When it returns, that commit has ended or never will: it is fenced. Rows
    /// that it left are published by whoever claims the lane next.
    func abandonLane(_ lane: RouterLane) async throws(StoreError) -> AbandonedLane

    /// Makes messages durable, all in one transaction: decides idempotency keys, records pending results, writes outbox rows with the
    /// lane's next sequences (message i gets `lane.nextSequence + i`; a gap where it isn't accepted). The answers are in order;
    /// the caller's lane moves on.
    func accept(_ messages: [IngressMessage], lane: inout RouterLane, acknowledged: Int64)
        async throws(StoreError) -> [IngressOutcome]

    /// Makes dead letters of rows that the log will never take; throws `fenced` where the lane is somebody else's by now.
    func bury(_ refusals: [LaneRefusal], lane: RouterLane) async throws(StoreError)

    /// The committed rows of a lane above a sequence, in order.
    func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow]

    /// Leases one partition of `mesh.replies` (of `count`) that nobody holds; nil when all are taken.
    func leaseReplies(owner: String, partitions count: Int32, lease: Duration) async throws(StoreError) -> ReplyLease?

    /// Renews the lease; throws `fenced` where it is somebody else's by now.
    func renewReplies(_ lease: ReplyLease, for duration: Duration) async throws(StoreError)

    /// Gives the partition back.
    func releaseReplies(_ lease: ReplyLease) async throws(StoreError)

    /// What is known of calls; those without a kept result are `unknown`.
    func results(of ids: [String]) async throws(StoreError) -> [String: CallState]
}

/// A router's lane while it holds the lease.
package struct RouterLane: Sendable, Equatable {
    package var lane: LaneClaim
    /// The fence: rises with each claim of the lane.
    package var leaseEpoch: Int64
    package var owner: String

    package init(lane: LaneClaim, leaseEpoch: Int64, owner: String) {
        self.lane = lane
        self.leaseEpoch = leaseEpoch
        self.owner = owner
    }
}

/// A router's partition of `mesh.replies` while it holds the lease.
package struct ReplyLease: Sendable, Equatable {
    package var partition: Int32
    package var epoch: Int64
    package var owner: String

    package init(partition: Int32, epoch: Int64, owner: String) {
        self.partition = partition
        self.epoch = epoch
        self.owner = owner
    }
}
