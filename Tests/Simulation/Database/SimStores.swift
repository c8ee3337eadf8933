import MeshCore

@testable import Outbox

/// A worker's way to the database.
///
/// Unchecked, as the others here: there is one thread.
struct SimPartitionStore: PartitionStore, @unchecked Sendable {
    let process: SimProcess
    let simulation: Simulation

    private var database: SimDatabase { simulation.database }

    func claim(_ id: PartitionID, owner: String, logStart: Int64) async throws(StoreError) -> PartitionClaim {
        try await simulation.request(process, "claim") {
            .success(database.claim(id, owner: owner, logStart: logStart))
        }.get()
    }

    func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] {
        try await simulation.request(process, "unpublished") {
            .success(database.unpublished(lane: lane, above: sequence, limit: min(limit, 7)))
        }.get()
    }

    func load(_ request: LoadRequest) async throws(StoreError) -> LoadResult {
        try await simulation.request(process, "load") { .success(database.load(request)) }.get()
    }

    func commit(_ batch: BatchCommit) async throws(StoreError) -> CommitReceipt {
        try await simulation.request(process, "commit", isCommit: true) {
            database.commit(batch, by: process.name)
        }.get()
    }

    func commit(together batches: [BatchCommit]) async throws(StoreError) -> [CommitReceipt] {
        try await simulation.request(process, "commit together", isCommit: true) {
            database.commit(together: batches, by: process.name)
        }.get()
    }

    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>)
        async throws(StoreError) -> DueParked
    {
        try await simulation.request(process, "due parked") {
            .success(database.dueParked(id, at: now, limit: limit, excluding: excluding))
        }.get()
    }

    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int)
        async throws(StoreError) -> [ParkedMessage]
    {
        try await simulation.request(process, "followers") {
            .success(database.followers(id, of: key, after: parked, limit: limit))
        }.get()
    }

    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>)
        async throws(StoreError) -> DueTimers
    {
        try await simulation.request(process, "due timers") {
            .success(database.dueTimers(id, at: now, limit: limit, excluding: excluding))
        }.get()
    }
}

/// A router's way to the database.
struct SimIngressStore: IngressStore, @unchecked Sendable {
    let process: SimProcess
    let simulation: Simulation

    private var database: SimDatabase { simulation.database }

    func claimLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane {
        let lane = try await simulation.request(process, "claim lane") {
            .success(database.claimRouterLane(owner, lease, abandoned: false))
        }.get()
        guard let lane else { throw .other(message: "no lane", sqlstate: nil) }
        return lane
    }

    func claimAbandonedLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane? {
        try await simulation.request(process, "claim abandoned lane") {
            .success(database.claimRouterLane(owner, lease, abandoned: true))
        }.get()
    }

    func renewLane(_ lane: RouterLane, acknowledged: Int64, lease: Duration) async throws(StoreError) {
        try await simulation.request(process, "renew lane") {
            database.renew(lane, acknowledged: acknowledged, lease)
        }.get()
    }

    func releaseLane(_ lane: RouterLane, acknowledged: Int64) async throws(StoreError) {
        try await simulation.request(process, "release lane") {
            database.renew(lane, acknowledged: acknowledged, nil)
        }.get()
    }

    func abandonLane(_ lane: RouterLane) async throws(StoreError) -> AbandonedLane {
        try await simulation.request(process, "abandon lane") { .success(database.abandon(lane)) }.get()
    }

    func accept(_ messages: [IngressMessage], lane: inout RouterLane, acknowledged: Int64)
        async throws(StoreError) -> [IngressOutcome]
    {
        let claimed = lane
        let outcomes = try await simulation.request(process, "accept", isCommit: true) {
            database.accept(messages, lane: claimed, acknowledged: acknowledged)
        }.get()
        lane.lane.nextSequence += Int64(messages.count)
        lane.lane.acknowledgedSequence = max(lane.lane.acknowledgedSequence, acknowledged)
        return outcomes
    }

    func bury(_ refusals: [LaneRefusal], lane: RouterLane) async throws(StoreError) {
        try await simulation.request(process, "bury") { database.bury(refusals, lane: lane) }.get()
    }

    func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] {
        try await simulation.request(process, "unpublished") {
            .success(database.unpublished(lane: lane, above: sequence, limit: min(limit, 7)))
        }.get()
    }

    func leaseReplies(owner: String, partitions count: Int32, lease: Duration) async throws(StoreError) -> ReplyLease? {
        try await simulation.request(process, "lease replies") {
            .success(database.leaseReplies(owner, partitions: count, lease))
        }.get()
    }

    func renewReplies(_ lease: ReplyLease, for duration: Duration) async throws(StoreError) {
        try await simulation.request(process, "renew replies") { database.renew(lease, duration) }.get()
    }

    func releaseReplies(_ lease: ReplyLease) async throws(StoreError) {
        try await simulation.request(process, "release replies") { database.renew(lease, nil) }.get()
    }

    func results(of ids: [String]) async throws(StoreError) -> [String: CallState] {
        try await simulation.request(process, "results") { .success(database.results(of: ids)) }.get()
    }
}

/// A relay's way to the database.
struct SimRelayStore: RelayStore, @unchecked Sendable {
    let process: SimProcess
    let simulation: Simulation

    private var database: SimDatabase { simulation.database }

    func claim(_ owner: String, _ lease: Duration) async throws(StoreError) -> RouterLane? {
        try await simulation.request(process, "claim relay") { .success(database.claimRelay(owner, lease)) }.get()
    }

    func renew(_ lane: RouterLane, acknowledged: Int64, _ lease: Duration) async throws(StoreError) {
        try await simulation.request(process, "renew relay") {
            database.renew(lane, acknowledged: acknowledged, lease)
        }.get()
    }

    func release(_ lane: RouterLane, acknowledged: Int64) async throws(StoreError) {
        try await simulation.request(process, "release relay") {
            database.renew(lane, acknowledged: acknowledged, nil)
        }.get()
    }

    func unpublished(_ lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] {
        try await simulation.request(process, "unpublished") {
            .success(database.unpublished(lane: lane, above: sequence, limit: limit))
        }.get()
    }

    func recovery() async throws(StoreError) -> [RecoveredTick] {
        try await simulation.request(process, "recovery") { .success(database.recovery()) }.get()
    }

    func tick(_ cursor: inout RelayCursor, _ lease: RouterLane, done: Int64, page: Int) async throws(StoreError)
        -> RelayPage?
    {
        let before = cursor
        let (after, made) = try await simulation.request(process, "tick") {
            var cursor = before
            return database.tick(&cursor, lease, done: done, page: page).map { (cursor, $0) }
        }.get()
        cursor = after
        return made
    }

    func page(_ tick: Int64, after place: RelayPlace, limit: Int) async throws(StoreError) -> RelayPage {
        try await simulation.request(process, "page") { .success(database.page(tick, after: place, limit: limit)) }
            .get()
    }

    func sendDue(_ lease: RouterLane, from start: Timestamp?, most: Int) async throws(StoreError) -> DueSends {
        let isAnyDue = database.delayedSends.contains { $0.due <= database.now }
        return try await simulation.request(process, "send due", isCommit: isAnyDue) {
            database.sendDue(lease, from: start, most: most)
        }.get()
    }

    func copy(_ rows: [OutboxRow], _ lease: RouterLane) async throws(StoreError) {
        try await simulation.request(process, "copy") { database.copy(rows, lease) }.get()
    }

    func bury(_ refusals: [LaneRefusal], _ lease: RouterLane) async throws(StoreError) {
        try await simulation.request(process, "bury") { database.bury(refusals, lane: lease) }.get()
    }

    func isBrokerDurable() async throws(StoreError) -> Bool { !simulation.plan.isVolatile }

    func partitionCounts(of messages: [RelayedMessage]) async throws(StoreError) -> [String: Int32] {
        Dictionary(messages.map { ($0.topic, simulation.plan.partitions) }) { first, _ in first }
    }
}
