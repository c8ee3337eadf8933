import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import WasmWorker

/// Parked messages of a key that change while they are read; each of these was found by the simulator, and lost the messages of a key.
@Suite struct ParkedMessageRaceTests {
    private static let id = PartitionID(group: "t.S", topic: "t.S", partition: 0)
    private static let key = StateKey(service: "t.S", key: "k")
    private let now = Timestamp(microseconds: 5_000_000)

    /// A machine whose key has one parked message, with a record of that key that has come to wait behind it, and a fetch of what is due.
    private func machine() throws -> PartitionMachine {
        let claim = PartitionClaim(
            epoch: 1, nextOffset: 0, completed: [],
            lane: LaneClaim(id: 1, epoch: 1, nextSequence: 1, acknowledgedSequence: 0), watermarks: [:],
            laneEpochs: [:], nextParkedDue: now)
        var machine = PartitionMachine(
            Self.id, claim: claim, partitionCount: 4, limits: PartitionLimits(),
            generator: SystemRandomNumberGenerator())
        machine.fetched([
            FetchedRecord(
                offset: 0, byteCount: 100, stamp: LaneStamp(lane: 7, epoch: 1, sequence: 1), inboxID: nil,
                content: .execution(execution("later", .log(offset: 0))))
        ])
        let first = machine.actions(now: now)
        #expect(fetches(first))
        machine.loaded(knownIDs: [], states: [Self.key: .absent], parked: [Self.key: 1])
        let actions = machine.actions(now: now)
        try #require(actions.contains { if case .requestCommit = $0 { true } else { false } })
        return machine
    }

    private func execution(_ message: String, _ source: Execution.Source) -> Execution {
        Execution(
            source: source,
            handler: Handler(
                service: "t.S", method: "m", retry: RetryPolicy(DurablePolicy(retries: 3)), batch: nil, isCall: true),
            message: Message(id: message, type: "t.S/m", source: "/t", time: now, key: "k", data: []),
            orderKey: Self.key, stateKey: Self.key, attempt: 1, firstRunAt: now, offset: 0)
    }

    private func runs(_ actions: [PartitionAction]) -> [KeyRun] {
        actions.flatMap { action in if case .run(let runs) = action { runs } else { [KeyRun]() } }
    }

    private func commits(_ machine: inout PartitionMachine) -> Bool { machine.makeCommit(now: now) != nil }
    private func isAnswered(_ machine: inout PartitionMachine) -> Bool { machine.committed(now: now) != nil }

    private func fetches(_ actions: [PartitionAction]) -> Bool {
        actions.contains { if case .loadParked = $0 { true } else { false } }
    }

    @Test
    func `what comes to wait behind the last parked message of its key is due when that is done in the same batch`()
        throws
    {
        var machine = try machine()
        machine.parkedLoaded([Self.key: [execution("first", .parked(id: 1))]], nextDue: nil, now: now)
        let started = runs(machine.actions(now: now))
        let run = try #require(started.first)
        machine.ran([
            KeyRunResult(
                id: run.id, orderKey: run.orderKey,
                results: [
                    ExecutionResult(
                        executions: run.executions, outcome: .done(reply: [], state: .unchanged, messages: []))
                ],
                remaining: [], states: run.states)
        ])
        let made = machine.makeCommit(now: now)
        let batch = try #require(made)
        #expect(batch.parkedDone == [1])
        #expect(batch.parked.map(\.due) == [now])
    }

    @Test
    func `parked messages whose rows changed while they were fetched are fetched again, though no commit follows`()
        throws
    {
        var machine = try machine()
        #expect(commits(&machine))
        #expect(isAnswered(&machine))
        machine.parkedLoaded([Self.key: [execution("first", .parked(id: 1))]], nextDue: nil, now: now)
        let actions = machine.actions(now: now)
        #expect(fetches(actions))
    }

    @Test func `a fetch that brings nothing, since all that is due is in memory, isn't repeated at once`() throws {
        var machine = try machine()
        machine.parkedLoaded([:], nextDue: now.advanced(by: .seconds(-9)), now: now)
        let actions = machine.actions(now: now)
        #expect(!fetches(actions))
        let later = machine.actions(now: now.advanced(by: .milliseconds(60)))
        #expect(fetches(later))
    }

    @Test func `rows that a commit under way may have written aren't counted twice`() throws {
        var machine = try machine()
        #expect(commits(&machine))
        // The fetch saw the row of the commit whose answer hasn't come yet.
        machine.parkedLoaded(
            [Self.key: [execution("first", .parked(id: 1)), execution("later", .parked(id: 2))]], nextDue: nil, now: now
        )
        let before = machine.actions(now: now)
        #expect(runs(before).isEmpty)
        #expect(isAnswered(&machine))
        #expect(machine.parkedCounts[Self.key] == 2)
        let actions = machine.actions(now: now)
        #expect(fetches(actions))
    }
}
