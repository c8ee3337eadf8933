import MeshCore

/// What the relay reads and writes; every call is one transaction.
protocol RelayStore: Sendable {
    /// Leases the SQL lane; nil while another relay holds it.
    func claim(_ owner: String, _ lease: Duration) async throws(StoreError) -> RouterLane?
    /// Renews the lease and stores what is safe in the log; throws `fenced` where the lane is somebody else's by now.
    func renew(_ lane: RouterLane, acknowledged: Int64, _ lease: Duration) async throws(StoreError)
    /// Gives the lane back.
    func release(_ lane: RouterLane, acknowledged: Int64) async throws(StoreError)
    /// What was copied into the outbox above a sequence, in order.
    func unpublished(_ lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow]
    /// The ticks that may have to be published again, in order.
    func recovery() async throws(StoreError) -> [RecoveredTick]
    /// Makes the next tick and reads its first page, in one round trip; nil when there is nothing to deliver.
    func tick(_ cursor: inout RelayCursor, _ lease: RouterLane, done: Int64, page: Int) async throws(StoreError)
        -> RelayPage?
    /// Messages of a tick behind a place in it.
    func page(_ tick: Int64, after place: RelayPlace, limit: Int) async throws(StoreError) -> RelayPage
    /// Puts delayed sends that are due, and not before `start`, into the SQL lane, `most` at a time; throws `fenced` where the lane is
    /// somebody else's by now.
    func sendDue(_ lease: RouterLane, from start: Timestamp?, most: Int) async throws(StoreError) -> DueSends
    /// Copies rows into the outbox, for a broker that may come back empty.
    func copy(_ rows: [OutboxRow], _ lease: RouterLane) async throws(StoreError)
    /// Makes dead letters of rows that the log won't take.
    func bury(_ refusals: [LaneRefusal], _ lease: RouterLane) async throws(StoreError)
    /// False where the broker keeps its data in memory only.
    func isBrokerDurable() async throws(StoreError) -> Bool
    /// The partition counts of the messages' topics.
    func partitionCounts(of messages: [RelayedMessage]) async throws(StoreError) -> [String: Int32]
}
