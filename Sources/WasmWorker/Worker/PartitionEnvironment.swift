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
    /// For a log that ends before the stored position; nil where that is an accident to be looked at.
    let brokerLoss: BrokerLoss?
}
