import MeshCore
import Outbox
import Synchronization
import TestSupport
import Testing

@testable import WasmWorker

@Suite struct CommitGateTests {
    @Test func `turns that nobody takes are given on`() async throws {
        let store = HeldStore()
        let gate = CommitGate(limit: 2, store: store)
        // A loop that has ended: what is posted to it comes to nothing.
        for _ in 0..<5 {
            let dead = Mailbox<CommitTurn>()
            gate.enter { turn in dead.post(turn) }
            dead.close()
            await dead.consume { _ in }
            gate.enter { turn in dead.post(turn) }
        }
        let outcomes = Outcomes()
        for partition in Int32(0)..<3 { gate.commit(partition, outcomes) }
        // Two at once, each in a task of its own, so either may come first; the third waits for one of them.
        let first = await store.next()
        #expect(Set([first, await store.next()]) == [[0], [1]])
        await store.answer()
        #expect(await store.next() == [2])
        await store.answer()
        await store.answer()
        try await outcomes.wait(for: [0, 1, 2])
    }

    @Test func `those that wait at the same time share a transaction`() async throws {
        let store = HeldStore()
        let gate = CommitGate(limit: 1, store: store)
        let outcomes = Outcomes()
        for partition in Int32(0)..<5 { gate.commit(partition, outcomes) }
        #expect(await store.next() == [0])
        await store.answer()
        #expect(await store.next() == [1, 2, 3, 4])
        gate.commit(5, outcomes)
        await store.answer()
        #expect(await store.next() == [5])
        await store.answer()
        try await outcomes.wait(for: [0, 1, 2, 3, 4, 5])
    }

    @Test func `one that ends before its turn in a round doesn't hold the others up`() async throws {
        let store = HeldStore()
        let gate = CommitGate(limit: 1, store: store)
        let outcomes = Outcomes()
        gate.commit(0, outcomes)
        #expect(await store.next() == [0])
        gate.commit(1, outcomes)
        gate.enter { _ in }
        gate.commit(2, outcomes)
        await store.answer()
        #expect(await store.next() == [1, 2])
        await store.answer()
        // A round of which nothing comes gives its turn on as well.
        gate.enter { _ in }
        gate.commit(3, outcomes)
        #expect(await store.next() == [3])
        await store.answer()
        try await outcomes.wait(for: [0, 1, 2, 3])
    }

    @Test func `a transaction that fails is tried for each by itself, but where the connection is lost`() async throws {
        let store = HeldStore()
        let gate = CommitGate(limit: 1, store: store)
        let outcomes = Outcomes()
        for partition in Int32(0)..<4 { gate.commit(partition, outcomes) }
        #expect(await store.next() == [0])
        await store.answer()
        #expect(await store.next() == [1, 2, 3])
        await store.answer(.dataRefused(message: "one of them", sqlstate: "22P02"))
        // One after the other, as there is room for one; what comes meanwhile waits until all are through.
        #expect(await store.next() == [1])
        gate.commit(4, outcomes)
        gate.commit(5, outcomes)
        await store.answer(.dataRefused(message: "this one", sqlstate: "22P02"))
        #expect(await store.next() == [2])
        await store.answer()
        #expect(await store.next() == [3])
        await store.answer()
        try await outcomes.wait(for: [0, 2, 3])
        #expect(await store.next() == [4, 5])
        await store.answer(.connectionLost(message: "gone", outcomeUnknown: true))
        gate.commit(6, outcomes)
        #expect(await store.next() == [6])
        await store.answer()
        try await outcomes.wait(for: [0, 2, 3, 6])
    }

    @Test func `a round of large batches doesn't have more transactions under way than there is room for`() async throws
    {
        let store = HeldStore()
        let gate = CommitGate(limit: 2, store: store)
        let outcomes = Outcomes()
        for partition in Int32(0)..<8 { gate.commit(partition, outcomes, weight: PartitionLimits().batchMax) }
        for _ in 0..<8 {
            #expect(await store.next().count == 1)
            #expect(await store.openCount <= 2)
            if await store.openCount == 2 { await store.answer() }
        }
        await store.answer()
        try await outcomes.wait(for: Set(0..<8))
    }

    @Test func `large batches and those that write the same state have transactions of their own`() async throws {
        var limits = PartitionLimits()
        limits.batchMax = 100
        limits.batchBytesMax = 1000
        func split(_ batches: [(weight: Int, bytes: Int, keys: [String])]) -> [[Int]] {
            CommitGroups(limits).split(
                batches.enumerated().map { partition, shape in
                    var batch = BatchCommit.empty(partition: Int32(partition))
                    batch.stateWrites = shape.keys.map {
                        StateWrite(
                            key: StateKey(service: "a.B", key: $0), expectedVersion: 0, data: [])
                    }
                    return CommitRound.Entry(
                        batch: batch, size: CommitSize(weight: shape.weight, bytes: shape.bytes), done: { _ in })
                })
        }
        #expect(split([]) == [])
        #expect(split([(500, 5000, [])]) == [[0]])
        #expect(split([(40, 1, []), (40, 1, []), (40, 1, []), (20, 1, [])]) == [[0, 1, 3], [2]])
        #expect(split([(1, 900, []), (1, 101, []), (1, 100, [])]) == [[0, 2], [1]])
        #expect(split([(1, 1, ["x", "y"]), (1, 1, ["z"]), (1, 1, ["y"]), (1, 1, ["z", "w"])]) == [[0, 1], [2, 3]])
    }
}

extension CommitGate {
    convenience init(limit: Int, store: any PartitionStore) {
        self.init(limit: limit, store: store, limits: PartitionLimits(), metrics: WorkerMetrics())
    }

    /// Commits an empty batch of a partition.
    fileprivate func commit(_ partition: Int32, _ outcomes: Outcomes, weight: Int = 1) {
        enter { turn in
            turn.commit(.empty(partition: partition), size: CommitSize(weight: weight, bytes: 1)) { result in
                if case .success = result { outcomes.add(partition) }
            }
        }
    }
}

extension BatchCommit {
    fileprivate static func empty(partition: Int32) -> BatchCommit {
        BatchCommit(
            partition: PartitionID(group: "a.B", topic: "a.B", partition: partition), epoch: 1, expectedNextOffset: 0,
            nextOffset: 0, lane: 1, nextSequence: 1, acknowledgedSequence: 0)
    }
}

/// Whose commits have succeeded.
private final class Outcomes: Sendable {
    private let partitions = Mutex<Set<Int32>>([])

    func add(_ partition: Int32) { _ = partitions.withLock { $0.insert(partition) } }

    func wait(for expected: Set<Int32>) async throws {
        try await eventually("\(expected) to be committed") { partitions.withLock { $0 } == expected }
    }
}

/// Tells the partitions of each transaction in turn, which ends when it is answered.
private actor HeldStore: PartitionStore {
    private var begun: [[Int32]] = []
    private var readers: [CheckedContinuation<[Int32], Never>] = []
    private var open: [CheckedContinuation<StoreError?, Never>] = []
    var openCount: Int { open.count }

    func next() async -> [Int32] {
        if !begun.isEmpty { return begun.removeFirst() }
        return await withCheckedContinuation { readers.append($0) }
    }

    /// Ends the oldest transaction, with an error if there is one.
    func answer(_ error: StoreError? = nil) { open.removeFirst().resume(returning: error) }

    func commit(together batches: [BatchCommit]) async throws(StoreError) -> [CommitReceipt] {
        let partitions = batches.map(\.partition.partition)
        let error = await withCheckedContinuation { continuation in
            open.append(continuation)
            if readers.isEmpty { begun.append(partitions) } else { readers.removeFirst().resume(returning: partitions) }
        }
        if let error { throw error }
        return batches.map { _ in CommitReceipt() }
    }

    func commit(_ batch: BatchCommit) async throws(StoreError) -> CommitReceipt {
        try await commit(together: [batch])[0]
    }
    func claim(_ id: PartitionID, owner: String, logStart: Int64) async throws(StoreError) -> PartitionClaim {
        throw .other(message: "nothing is claimed", sqlstate: nil)
    }
    func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] { [] }
    func load(_ request: LoadRequest) async throws(StoreError) -> LoadResult { LoadResult() }
    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>)
        async throws(StoreError) -> DueParked
    { DueParked(messages: [], nextDue: nil) }
    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int)
        async throws(StoreError) -> [ParkedMessage]
    { [] }
    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>)
        async throws(StoreError) -> DueTimers
    { DueTimers(timers: [], nextDue: nil) }
}
