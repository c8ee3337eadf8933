import Kafka
import MeshCore
import Outbox
import Publishing
import Testing

@testable import WasmWorker

@Suite struct PartitionSetTests {
    @Test(.timeLimit(.minutes(1)))
    func `draining ends at its limit, though the database never answers a claim`() async throws {
        let store = SilentStore()
        let set = PartitionSet(environment: try .forTests(store), log: EmptyLog())
        set.serve(["shop.Orders": ["shop.Orders"]])
        _ = set.assigned([TopicPartition("shop.Orders", 0)])
        await store.isAsked()
        let begun = ContinuousClock.now
        await set.drain(within: .milliseconds(50))
        #expect(ContinuousClock.now - begun < .seconds(10))
        store.letGo()
    }
}

private struct EmptyLog: LogEnds {
    func watermarks(_ partition: TopicPartition) async throws(KafkaError) -> Watermarks { Watermarks(low: 0, high: 0) }
}

/// A database that takes questions and never answers.
private final class SilentStore: PartitionStore {
    private let questions: AsyncStream<Void>
    private let asked: AsyncStream<Void>.Continuation
    private let silence: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    init() {
        (questions, asked) = AsyncStream.makeStream()
        (silence, end) = AsyncStream.makeStream()
    }

    func isAsked() async { for await _ in questions { return } }
    func letGo() { end.finish() }

    func claim(_ id: PartitionID, owner: String, logStart: Int64) async throws(StoreError) -> PartitionClaim {
        asked.yield()
        for await _ in silence {}
        throw .connectionLost(message: "it is gone", outcomeUnknown: false)
    }

    func unpublished(lane: Int64, above sequence: Int64, limit: Int) -> [OutboxRow] { [] }
    func load(_ request: LoadRequest) -> LoadResult { LoadResult() }
    func commit(_ batch: BatchCommit) -> CommitReceipt { CommitReceipt() }
    func commit(together batches: [BatchCommit]) -> [CommitReceipt] { batches.map { _ in CommitReceipt() } }
    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>) -> DueParked {
        DueParked(messages: [], nextDue: nil)
    }
    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int) -> [ParkedMessage] { [] }
    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        DueTimers(timers: [], nextDue: nil)
    }
}
