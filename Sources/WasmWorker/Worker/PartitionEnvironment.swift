import Kafka
import Outbox
import Publishing

/// What the loops of a worker share.
struct PartitionEnvironment: Sendable {
    let store: any PartitionStore
    let publisher: KafkaLanePublisher
    let pool: ExecutionPool
    let gate: CommitGate
    let states: StateCache
    let workflows: WorkflowCache
    let catalog: CatalogHolder
    let metrics: WorkerMetrics
    let limits: PartitionLimits
    let owner: String
    let partitionCount: Int32
    let isLogVolatile: Bool
    /// Called when a log ends before the stored position: the broker lost its data.
    let logIsBehind: @Sendable (PartitionID, PartitionClaim, _ logEnd: Int64) async throws -> Void
}
