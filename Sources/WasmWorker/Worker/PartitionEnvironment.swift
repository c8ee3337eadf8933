import Outbox

/// What the loops of a worker share.
struct PartitionEnvironment: Sendable {
    let store: any PartitionStore
    let publisher: any SharedLanePublisher
    let pool: any GuestThreads
    let gate: CommitGate
    let states: StateCache
    let workflows: WorkflowCache
    let catalog: CatalogHolder
    let metrics: WorkerMetrics
    let limits: PartitionLimits
    let owner: String
    let partitionCount: Int32
    let isLogVolatile: Bool
    /// For how long a missing topic may mean that the broker came back empty.
    var topicPatience = TopicPatience(limit: .seconds(120))
    /// Called when a log ends before the stored position: the broker lost its data.
    let logIsBehind: @Sendable (PartitionID, PartitionClaim, _ logEnd: Int64) async throws -> Void
}
