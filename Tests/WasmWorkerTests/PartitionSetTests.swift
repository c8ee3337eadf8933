import Kafka
import MeshCore
import Outbox
import Publishing
import Synchronization
import TestSupport
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

    /// Where nothing more comes, whoever scales by the lag would see work that isn't there until something does.
    @Test(.timeLimit(.minutes(1)))
    func `a position that Kafka didn't take is told again, though it doesn't move`() async throws {
        let partition = TopicPartition("shop.Orders", 0)
        let member = RecordingMember()
        let set = PartitionSet(environment: try .forTests(IdleStore()), log: EmptyLog(end: 9))
        set.attach(member)
        set.serve(["shop.Orders": ["shop.Orders"]])
        _ = set.assigned([partition])
        try await eventually("the claim") {
            set.reportOffsets()
            return !member.commits.isEmpty
        }
        set.reportOffsets()
        #expect(member.commits == [[partition: 7]])
        set.committed([partition: 7], error: KafkaError(.timedOut, "the coordinator is away"))
        set.reportOffsets()
        #expect(member.commits == [[partition: 7], [partition: 7]])
        set.committed([partition: 7], error: nil)
        set.reportOffsets()
        #expect(member.commits.count == 2)
        await set.drain(within: .milliseconds(50))
    }

    /// A loop whose service went to another pool may end a commit when all partitions have been given back and what was known is forgotten.
    @Test func `what is known of states from before a partition came isn't taken for what is stored now`() async throws
    {
        let environment = try PartitionEnvironment.forTests(IdleStore())
        let set = PartitionSet(environment: environment, log: EmptyLog(end: 9))
        set.serve(["shop.Orders": ["shop.Orders"]])
        let key = StateKey(service: "shop.Orders", key: "k")
        environment.states.store([(key, StateEntry(version: 7, data: Array("{}".utf8)))])
        _ = set.assigned([TopicPartition("shop.Orders", 0)])
        #expect(environment.states.entries(for: [key]).isEmpty)
        await set.drain(within: .milliseconds(50))
    }
}

private struct EmptyLog: LogEnds {
    var end: Int64 = 0

    func watermarks(_ partition: TopicPartition) async throws(KafkaError) -> Watermarks {
        Watermarks(low: 0, high: end)
    }
}

/// Notes what it is to commit.
private final class RecordingMember: GroupMember {
    private let told = Mutex<[[TopicPartition: Int64]]>([])

    var commits: [[TopicPartition: Int64]] { told.withLock { $0 } }

    func subscribe(_ topics: [String]) {}
    func start(_ partition: TopicPartition, at offset: KafkaOffset, ticket: UInt64) {}
    func pause(_ partitions: [TopicPartition]) {}
    func resume(_ partitions: [TopicPartition]) {}
    func commit(_ offsets: [TopicPartition: Int64]) { told.withLock { $0.append(offsets) } }
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
