import Kafka
import MeshCore
import Outbox
import Schemas
import Synchronization
import TestSupport
import Testing
import Wasm

@testable import WasmWorker

/// States that a worker knows, and that were written without its partition's hearing of it.
@Suite struct KnownStateTests {
    @Test(.timeLimit(.minutes(1)))
    func `after a commit that nobody heard of the next message of its key sees what it wrote`() async throws {
        let store = ForgetfulStore(losing: 2)
        let seen = Collector<String?>()
        let environment = try PartitionEnvironment.forTests(store)
        environment.catalog.replace(with: try catalog(seen))
        let log = RecordedReads()
        let feed = PartitionFeed(TopicPartition("bank.Accounts", 0), environment: environment, consumer: log)
        feed.serve(["bank.Accounts"])
        feed.started(ticket: try await log.nextRead().ticket)
        feed.deliver([record(0, "put", "one")])
        try await eventually("the first commit") { store.commits == 1 }
        feed.deliver([record(1, "put", "two")])
        // Claimed anew: behind the commit, which took effect. It goes on reading where it is.
        try await eventually("the new claim") { feed.storedOffset == 2 }
        feed.deliver([record(2, "get", "")])
        #expect(try await seen.wait(for: 1) == ["two"])
        await feed.stop(draining: false)
    }

    /// A busy key's state is in use all the time, and so never looked up again.
    @Test(.timeLimit(.minutes(1)))
    func `what a service writes for another topic is seen by the next message of its key`() async throws {
        let seen = Collector<String?>()
        let gate = ThreadGate()
        let store = ForgetfulStore(losing: 0)
        let environment = try PartitionEnvironment.forTests(store)
        environment.catalog.replace(with: try catalog(seen) { gate.wait() })
        let log = RecordedReads()
        let feed = PartitionFeed(TopicPartition("bank.Accounts", 0), environment: environment, consumer: log)
        feed.serve(["bank.Accounts"])
        feed.started(ticket: try await log.nextRead().ticket)
        feed.deliver([record(0, "get", "")])
        try await seen.wait(for: 1)
        // It is there while the first one runs, so the state stays in use.
        feed.deliver([record(1, "get", "")])
        try await eventually("it to be looked up") { store.loads == 2 }
        let written = StateEntry(version: 7, data: Array("{\"id\":\"k\",\"value\":\"new\"}".utf8))
        environment.states.store([(StateKey(service: "bank.Accounts", key: "k"), written)])
        gate.open()
        #expect(try await seen.wait(for: 2) == [nil, "new"])
        await feed.stop(draining: false)
    }

    private func record(_ offset: Int64, _ method: String, _ value: String) -> KafkaRecord {
        KafkaRecord(
            topic: "bank.Accounts", partition: 0, offset: offset, key: Array("k".utf8),
            value: Array("{\"id\":\"k\",\"value\":\"\(value)\"}".utf8),
            headers: [
                KafkaHeader("ce_id", "m\(offset)"), KafkaHeader("ce_type", "bank.Accounts/\(method)"),
                KafkaHeader("ce_source", "/test"),
            ])
    }

    private func catalog(_ seen: Collector<String?>, pause: @escaping @Sendable () -> Void = {}) throws
        -> ServiceCatalog
    {
        let text = """
            @mesh(namespace: "bank", version: "1.0.0")
            type Account @key(field: "id") { id: ID! value: String! }
            type Renamed { id: ID! }
            service Owners { @emits(event: "owner.renamed", key: "id") renamed(event: Renamed!): Void }
            service Accounts @state(type: "Account") {
              @handles(event: "owner.renamed", key: "id") onRenamed(event: Renamed!): Void
              put(id: ID!, value: String!): Void
              get(id: ID!, value: String!): Void
            }
            """
        let schema = try #require(
            SchemaCompiler.compile([SchemaSource(path: "bank.mesh.graphql", text: text)]).schema)
        let code = AccountCode(seen: seen, pause: pause)
        return ServiceCatalog(
            services: schema.services.map { ServiceBinding($0, in: schema, code: code, configuration: [:]) },
            schemas: [schema], randomSecret: [1])
    }
}

/// `put` keeps the value, `get` tells which one it finds, and changes nothing.
private struct AccountCode: GuestCode {
    let seen: Collector<String?>
    let pause: @Sendable () -> Void
    let digest = "accounts"

    func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
        var change = StateChange.unchanged
        if request.method.hasSuffix("put") {
            change = .set(request.data)
        } else {
            seen.append(request.state.flatMap { JSONMembers($0)?.string("value") })
            pause()
        }
        return GuestRun(outcome: .completed(GuestEffects(reply: nil, state: change, messages: [])))
    }
}

/// Notes where it is told to read.
private final class RecordedReads: FetchControl {
    private let reads: AsyncStream<(offset: Int64, ticket: UInt64)>
    private let asked: AsyncStream<(offset: Int64, ticket: UInt64)>.Continuation

    init() { (reads, asked) = AsyncStream.makeStream() }

    func nextRead() async throws -> (offset: Int64, ticket: UInt64) {
        for await read in reads { return read }
        throw CancellationError()
    }

    func read(_ feed: PartitionFeed, from offset: Int64, ticket: UInt64) { asked.yield((offset, ticket)) }
    func setPaused(_ feed: PartitionFeed, _ isPaused: Bool) {}
    func watermarks(_ partition: TopicPartition) async throws -> Watermarks { Watermarks(low: 0, high: 9) }
}

/// A database that takes every commit, and whose connection is lost before it answers one of them.
private final class ForgetfulStore: PartitionStore {
    private struct State {
        var commits = 0
        var loads = 0
        var nextOffset: Int64 = 0
        var rows: [StateKey: StateRow] = [:]
    }

    private let losing: Int
    private let state = Mutex(State())

    init(losing: Int) { self.losing = losing }

    var loads: Int { state.withLock { $0.loads } }
    var commits: Int { state.withLock { $0.commits } }

    func claim(_ id: PartitionID, owner: String, logStart: Int64) -> PartitionClaim {
        PartitionClaim(
            epoch: 1, nextOffset: state.withLock { $0.nextOffset }, completed: [],
            lane: LaneClaim(id: 1, epoch: 0, nextSequence: 1, acknowledgedSequence: 0), watermarks: [:],
            laneEpochs: [:], nextParkedDue: nil)
    }

    func load(_ request: LoadRequest) -> LoadResult {
        state.withLock { state in
            state.loads += 1
            return LoadResult(
                state: state.rows.filter { request.stateKeys.contains($0.key) })
        }
    }

    func commit(_ batch: BatchCommit) async throws(StoreError) -> CommitReceipt {
        let number = state.withLock { state in
            state.commits += 1
            state.nextOffset = batch.nextOffset
            for write in batch.stateWrites {
                state.rows[write.key] = write.data.map { StateRow(version: write.newVersion, data: $0) }
            }
            return state.commits
        }
        if number == losing { throw .connectionLost(message: "the connection was lost", outcomeUnknown: true) }
        return CommitReceipt()
    }

    func commit(together batches: [BatchCommit]) async throws(StoreError) -> [CommitReceipt] {
        var receipts: [CommitReceipt] = []
        for batch in batches { receipts.append(try await commit(batch)) }
        return receipts
    }

    func unpublished(lane: Int64, above sequence: Int64, limit: Int) -> [OutboxRow] { [] }
    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>) -> DueParked {
        DueParked(messages: [], nextDue: nil)
    }
    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int) -> [ParkedMessage] { [] }
    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        DueTimers(timers: [], nextDue: nil)
    }
}
