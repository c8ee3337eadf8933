import Kafka
import MeshCore
import Outbox

/// What happens to a partition's loop.
enum PartitionEvent: Sendable {
    case fetched([KafkaRecord])
    /// `contents`: the keys whose workflows and schedules were asked for.
    case loaded(LoadResult, contents: [StateKey])
    case ran(KeyRunResult)
    case commitTurn(CommitTurn)
    case commitEnded(Result<CommitReceipt, StoreError>)
    /// `cutShort`: keys that have further rows behind these.
    case parkedLoaded(rows: [StateKey: [ParkedMessage]], cutShort: Set<StateKey>, nextDue: Timestamp?)
    case timersLoaded(DueTimers)
    /// What is deployed has changed.
    case deployed
    case published(upTo: Int64, refused: [(row: OutboxRow, error: MeshError)])
    /// The clock reached a time that the machine asked for.
    case tick
    /// Finish what is under way, then stop.
    case drain
    /// Stop at once; what is under way comes to nothing.
    case abandon
    /// Something failed that only a new claim can mend.
    case fault(String)
}
