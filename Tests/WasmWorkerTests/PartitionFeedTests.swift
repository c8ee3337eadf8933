import Kafka
import MeshCore
import Outbox
import Publishing
import Schemas
import Synchronization
import TestSupport
import Testing
import Wasm

@testable import WasmWorker

@Suite struct PartitionFeedTests {
    @Test(.timeLimit(.minutes(1)))
    func `after reading has failed it is asked for anew, even at the offset where it stood`() async throws {
        let consumer = RecordingConsumer()
        let feed = PartitionFeed(
            TopicPartition("shop.Orders", 0), environment: try .forTests(IdleStore()), consumer: consumer)
        feed.serve(["shop.Orders"])
        let first = try await consumer.nextRead()
        #expect(first.offset == 7)
        feed.started(ticket: first.ticket)
        feed.failed(KafkaError(.offsetOutOfRange, "the log was cut"))
        let second = try await consumer.nextRead()
        #expect(second.offset == 7)
        #expect(second.ticket != first.ticket)
        await feed.stop(draining: false)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a partition whose full service is claimed anew is fetched again`() async throws {
        let consumer = RecordingConsumer()
        var limits = PartitionLimits()
        limits.queuedMax = 1
        let feed = PartitionFeed(
            TopicPartition("shop.Orders", 0), environment: try .forTests(IdleStore(), limits), consumer: consumer)
        feed.serve(["shop.Orders"])
        let first = try await consumer.nextRead()
        feed.started(ticket: first.ticket)
        // It fills the service, and can't be committed.
        feed.deliver([KafkaRecord(topic: "shop.Orders", partition: 0, offset: 7, key: nil, value: Array("{}".utf8))])
        #expect(try await consumer.nextPause() == true)
        #expect(try await consumer.nextPause() == false)
        await feed.stop(draining: false)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a full service that is taken away holds up the others no longer`() async throws {
        let consumer = RecordingConsumer()
        var limits = PartitionLimits()
        limits.queuedMax = 1
        let feed = PartitionFeed(
            TopicPartition("order.placed", 0), environment: try .forTests(SlowStore(), limits), consumer: consumer)
        feed.serve(["shop.Orders", "shop.Mail"])
        let first = try await consumer.nextRead()
        feed.started(ticket: first.ticket)
        feed.deliver([KafkaRecord(topic: "order.placed", partition: 0, offset: 7, key: nil, value: Array("{}".utf8))])
        #expect(try await consumer.nextPause() == true)
        feed.serve([])
        #expect(try await consumer.nextPause() == false)
        await feed.stop(draining: false)
    }

    /// Else what the other one has had published again, and others have consumed since, would be published and consumed once more.
    @Test func `whoever finds the log lost after another one has told of it doesn't tell again`() async throws {
        let epoch = Mutex<Int64>(1)
        let observed = Mutex<[Int64]>([])
        let loss = BrokerLoss(
            epoch: { epoch.withLock { $0 } }, reset: { _, known in observed.withLock { $0.append(known) } })
        let loop = PartitionLoop(
            PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: 0),
            environment: try .forTests(IdleStore(), brokerLoss: loss),
            callbacks: PartitionLoop.Callbacks(ready: { _ in }, pause: {}, resume: {}, progressed: { _ in }))
        let end = await loop.run(ends: {
            // Another one has the same answer, and is quicker.
            epoch.withLock { $0 = 2 }
            return Watermarks(low: 0, high: 0)
        })
        guard case .lost = end else { return #expect(Bool(false), "\(end)") }
        // The epoch was asked for before the end was; asked for behind it, it would be the other one's.
        #expect(observed.withLock { $0 } == [])
    }

    /// The embedded broker may tell a former end for some seconds, and a reset would have everything published again.
    @Test func `an end before the position that passes is no lost log`() async throws {
        let asked = Mutex(0)
        let resets = Mutex(0)
        let started = Collector<Int64>()
        let loop = PartitionLoop(
            PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: 0),
            environment: try .forTests(
                IdleStore(), brokerLoss: BrokerLoss(epoch: { 1 }, reset: { _, _ in resets.withLock { $0 += 1 } })),
            callbacks: PartitionLoop.Callbacks(
                ready: { started.append(contentsOf: [$0]) }, pause: {}, resume: {}, progressed: { _ in }))
        async let end = loop.run(ends: {
            let count = asked.withLock { asked in
                asked += 1
                return asked
            }
            return Watermarks(low: 0, high: count < 4 ? 5 : 7)
        })
        #expect(try await started.wait(for: 1) == [7])
        loop.post(.abandon)
        _ = await end
        #expect(resets.withLock { $0 } == 0)
    }

    @Test func `of two deploys that a partition is told of in the wrong order the later one counts`() async throws {
        let feed = PartitionFeed(
            TopicPartition("order.placed", 0), environment: try .forTests(SlowStore()), consumer: RecordingConsumer())
        feed.serve(["shop.Orders", "shop.Mail"], generation: 2)
        feed.serve(["shop.Orders"], generation: 1)
        #expect(feed.services == ["shop.Mail", "shop.Orders"])
        feed.serve(["shop.Mail"], generation: 3)
        #expect(feed.services == ["shop.Mail"])
        await feed.stop(draining: false)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a partition that was taken away is not claimed any more`() async throws {
        let store = CountingStore()
        let consumer = HesitantConsumer()
        let feed = PartitionFeed(
            TopicPartition("shop.Orders", 0), environment: try .forTests(store), consumer: consumer)
        feed.serve(["shop.Orders"])
        // It waits to be told where the log ends, and is about to claim the partition then.
        await consumer.isAsked()
        async let stopped: Void = feed.stop(draining: false)
        try await eventually("the feed to be stopping") { feed.isStopping }
        consumer.answer()
        await stopped
        #expect(store.claims == 0)
    }
}

extension PartitionEnvironment {
    /// An environment without anything that works but the store.
    static func forTests(
        _ store: any PartitionStore, _ limits: PartitionLimits = PartitionLimits(),
        brokerLoss: BrokerLoss? = nil, catalog: ServiceCatalog? = nil,
        kafka: KafkaConfiguration = .embedded(bootstrapServers: "127.0.0.1:1")
    ) throws -> Self {
        let metrics = WorkerMetrics()
        return PartitionEnvironment(
            store: store,
            publisher: try SharedKafkaPublisher(kafka),
            pool: ExecutionPool(threads: 1, spares: 0),
            gate: CommitGate(limit: 1, store: store, limits: limits, metrics: metrics),
            states: StateCache(bytesMax: 1000),
            workflows: WorkflowCache(bytesMax: 1000), catalog: CatalogHolder(try catalog ?? UnusedCode.shop()),
            metrics: metrics,
            limits: limits, owner: "test", partitionCount: 1, isLogVolatile: brokerLoss != nil, brokerLoss: brokerLoss)
    }
}

/// Notes where it is told to read.
private final class RecordingConsumer: FetchControl {
    private let reads: AsyncStream<(offset: Int64, ticket: UInt64)>
    private let asked: AsyncStream<(offset: Int64, ticket: UInt64)>.Continuation

    private let pauses: AsyncStream<Bool>
    private let paused: AsyncStream<Bool>.Continuation

    init() {
        (reads, asked) = AsyncStream.makeStream()
        (pauses, paused) = AsyncStream.makeStream()
    }

    func nextPause() async throws -> Bool {
        for await pause in pauses { return pause }
        throw CancellationError()
    }

    func nextRead() async throws -> (offset: Int64, ticket: UInt64) {
        for await read in reads { return read }
        throw CancellationError()
    }

    func read(_ feed: PartitionFeed, from offset: Int64, ticket: UInt64) { asked.yield((offset, ticket)) }

    func setPaused(_ feed: PartitionFeed, _ isPaused: Bool) { paused.yield(isPaused) }

    func watermarks(_ partition: TopicPartition) async throws -> Watermarks { Watermarks(low: 0, high: 9) }
}

/// Says where the log ends when it is told to.
private final class HesitantConsumer: FetchControl {
    private let questions: AsyncStream<Void>
    private let asked: AsyncStream<Void>.Continuation
    private let hesitation: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    init() {
        (questions, asked) = AsyncStream.makeStream()
        (hesitation, end) = AsyncStream.makeStream()
    }

    func isAsked() async { for await _ in questions { return } }
    func answer() { end.finish() }
    func read(_ feed: PartitionFeed, from offset: Int64, ticket: UInt64) {}
    func setPaused(_ feed: PartitionFeed, _ isPaused: Bool) {}
    func watermarks(_ partition: TopicPartition) async throws -> Watermarks {
        asked.yield()
        for await _ in hesitation {}
        return Watermarks(low: 0, high: 9)
    }
}

/// As `IdleStore`, and counts how often a partition was claimed.
private final class CountingStore: PartitionStore {
    private let idle = IdleStore()
    private let count = Atomic<Int>(0)

    var claims: Int { count.load(ordering: .acquiring) }

    func claim(_ id: PartitionID, owner: String, logStart: Int64) -> PartitionClaim {
        count.add(1, ordering: .releasing)
        return idle.claim(id, owner: owner, logStart: logStart)
    }
    func unpublished(lane: Int64, above sequence: Int64, limit: Int) -> [OutboxRow] { [] }
    func load(_ request: LoadRequest) -> LoadResult { LoadResult() }
    func commit(_ batch: BatchCommit) throws(StoreError) -> CommitReceipt { try idle.commit(batch) }
    func commit(together batches: [BatchCommit]) throws(StoreError) -> [CommitReceipt] {
        try idle.commit(together: batches)
    }
    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>) -> DueParked {
        DueParked(messages: [], nextDue: nil)
    }
    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int) -> [ParkedMessage] { [] }
    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        DueTimers(timers: [], nextDue: nil)
    }
}

/// As `IdleStore`, but commits are never answered.
private struct SlowStore: PartitionStore {
    let idle = IdleStore()

    func claim(_ id: PartitionID, owner: String, logStart: Int64) -> PartitionClaim {
        idle.claim(id, owner: owner, logStart: logStart)
    }
    func unpublished(lane: Int64, above sequence: Int64, limit: Int) -> [OutboxRow] { [] }
    func load(_ request: LoadRequest) -> LoadResult { LoadResult() }
    func commit(together batches: [BatchCommit]) throws(StoreError) -> [CommitReceipt] {
        try idle.commit(together: batches)
    }
    func commit(_ batch: BatchCommit) async throws(StoreError) -> CommitReceipt {
        try? await Task.sleep(for: .seconds(5))
        throw .connectionLost(message: "it took too long", outcomeUnknown: true)
    }
    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>) -> DueParked {
        DueParked(messages: [], nextDue: nil)
    }
    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int) -> [ParkedMessage] { [] }
    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        DueTimers(timers: [], nextDue: nil)
    }
}

/// A partition that stands at offset 7, and where nothing waits.
struct IdleStore: PartitionStore {
    func claim(_ id: PartitionID, owner: String, logStart: Int64) -> PartitionClaim {
        PartitionClaim(
            epoch: 1, nextOffset: 7, completed: [],
            lane: LaneClaim(id: 1, epoch: 0, nextSequence: 1, acknowledgedSequence: 0), watermarks: [:],
            laneEpochs: [:], nextParkedDue: nil)
    }

    func unpublished(lane: Int64, above sequence: Int64, limit: Int) -> [OutboxRow] { [] }

    func load(_ request: LoadRequest) -> LoadResult { LoadResult() }

    func commit(_ batch: BatchCommit) throws(StoreError) -> CommitReceipt {
        throw .other(message: "nothing is to be committed", sqlstate: nil)
    }

    func commit(together batches: [BatchCommit]) throws(StoreError) -> [CommitReceipt] {
        throw .other(message: "nothing is to be committed", sqlstate: nil)
    }

    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>) -> DueParked {
        DueParked(messages: [], nextDue: nil)
    }

    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int) -> [ParkedMessage] { [] }

    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        DueTimers(timers: [], nextDue: nil)
    }
}
