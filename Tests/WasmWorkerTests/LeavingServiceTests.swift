import Kafka
import MeshCore
import Outbox
import Schemas
import Synchronization
import TestSupport
import Testing
import Wasm

@testable import WasmWorker

/// A service that leaves a worker while its partition's loop is at work.
@Suite struct LeavingServiceTests {
    /// Records that were passed over look like a gap in the log to what comes behind them, and gaps count as done.
    @Test(.timeLimit(.minutes(1)))
    func `what came while a service was gone is left to its next claim, though it is back at once`() async throws {
        let gate = ThreadGate()
        let store = NotingStore()
        var limits = PartitionLimits()
        limits.queuedMax = 2
        let environment = try PartitionEnvironment.forTests(store, limits)
        let begun = Collector<Bool>()
        let served = try catalog {
            begun.append(true)
            gate.wait()
        }
        environment.catalog.replace(with: served)
        let ready = Collector<Int64>()
        let pauses = Collector<Bool>()
        let loop = PartitionLoop(
            PartitionID(group: "bank.Accounts", topic: "bank.Accounts", partition: 0), environment: environment,
            callbacks: PartitionLoop.Callbacks(
                ready: { ready.append($0) }, pause: { pauses.append(true) }, resume: { pauses.append(false) },
                progressed: { _ in }))
        async let end = loop.run(ends: { Watermarks(low: 0, high: 9) })
        try await ready.wait(for: 1)
        loop.deliver([record(0)])
        try await begun.wait(for: 1)
        environment.catalog.replace(with: ServiceCatalog(services: []))
        loop.deliver([record(1), record(2)])
        // It was full with these, and has taken them out.
        #expect(try await pauses.wait(for: 2) == [true, false])
        environment.catalog.replace(with: served)
        loop.deliver([record(3)])
        gate.open()
        _ = await end
        #expect(store.nextOffset == 1)
    }

    private func record(_ offset: Int64) -> KafkaRecord {
        KafkaRecord(
            topic: "bank.Accounts", partition: 0, offset: offset, key: Array("k".utf8), value: Array("{}".utf8),
            headers: [
                KafkaHeader("ce_id", "m\(offset)"), KafkaHeader("ce_type", "bank.Accounts/touch"),
                KafkaHeader("ce_source", "/test"),
            ])
    }

    private func catalog(_ run: @escaping @Sendable () -> Void) throws -> ServiceCatalog {
        let text = """
            @mesh(namespace: "bank", version: "1.0.0")
            service Accounts { touch: Void }
            """
        let schema = try #require(
            SchemaCompiler.compile([SchemaSource(path: "bank.mesh.graphql", text: text)]).schema)
        return ServiceCatalog(
            services: schema.services.map {
                ServiceBinding($0, in: schema, code: WaitingCode(wait: run), configuration: [:])
            }, schemas: [schema], randomSecret: [1])
    }
}

/// A handler that does nothing but wait.
private struct WaitingCode: GuestCode {
    let wait: @Sendable () -> Void
    let digest = "waiting"

    func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
        wait()
        return GuestRun(outcome: .completed(GuestEffects(reply: nil, state: .unchanged, messages: [])))
    }
}

/// A database that takes every commit, and notes how far the partition is.
private final class NotingStore: PartitionStore {
    private let position = Mutex<Int64>(0)

    var nextOffset: Int64 { position.withLock { $0 } }

    func claim(_ id: PartitionID, owner: String, logStart: Int64) -> PartitionClaim {
        PartitionClaim(
            epoch: 1, nextOffset: 0, completed: [],
            lane: LaneClaim(id: 1, epoch: 0, nextSequence: 1, acknowledgedSequence: 0), watermarks: [:],
            laneEpochs: [:], nextParkedDue: nil)
    }
    func commit(_ batch: BatchCommit) -> CommitReceipt {
        position.withLock { $0 = batch.nextOffset }
        return CommitReceipt()
    }
    func commit(together batches: [BatchCommit]) -> [CommitReceipt] { batches.map { commit($0) } }
    func unpublished(lane: Int64, above sequence: Int64, limit: Int) -> [OutboxRow] { [] }
    func load(_ request: LoadRequest) -> LoadResult { LoadResult() }
    func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>) -> DueParked {
        DueParked(messages: [], nextDue: nil)
    }
    func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int) -> [ParkedMessage] { [] }
    func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        DueTimers(timers: [], nextDue: nil)
    }
}
