import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import WasmWorker

/// What a partition's machine does at its bounds, and when Postgres doesn't take what it writes.
@Suite struct PartitionBoundsTests {
    private static let id = PartitionID(group: "t.S", topic: "t.S", partition: 0)
    private let now = Timestamp(microseconds: 5_000_000)

    private func machine(_ limits: PartitionLimits = PartitionLimits(), parkedDue: Timestamp? = nil) -> PartitionMachine
    {
        let claim = PartitionClaim(
            epoch: 1, nextOffset: 0, completed: [],
            lane: LaneClaim(id: 1, epoch: 1, nextSequence: 1, acknowledgedSequence: 0), watermarks: [:],
            laneEpochs: [:], nextParkedDue: parkedDue)
        return PartitionMachine(
            Self.id, claim: claim, partitionCount: 4, limits: limits, generator: SystemRandomNumberGenerator())
    }

    private func record(_ offset: Int64, key: String, batch: BatchPolicy? = nil, outside id: String? = nil)
        -> FetchedRecord
    {
        let orderKey = StateKey(service: "t.S", key: key)
        return FetchedRecord(
            offset: offset, byteCount: 100, stamp: id == nil ? LaneStamp(lane: 7, epoch: 1, sequence: offset + 1) : nil,
            inboxID: id,
            content: .execution(
                Execution(
                    source: .log(offset: offset),
                    handler: Handler(
                        service: "t.S", method: "m", retry: RetryPolicy(DurablePolicy(retries: 3)), batch: batch,
                        isCall: true),
                    message: Message(
                        id: "m\(offset)", type: "t.S/m", source: "/t", time: now, key: key, data: Array("{}".utf8)),
                    orderKey: orderKey, stateKey: orderKey, attempt: 1, firstRunAt: now, offset: offset)))
    }

    /// Lets the machine load and start what it wants to; returns the runs.
    private func startAll(_ machine: inout PartitionMachine) -> [KeyRun] {
        var runs: [KeyRun] = []
        for _ in 0..<6 {
            for action in machine.actions(now: now) {
                switch action {
                case .load(_, let states, let parked, _):
                    machine.loaded(
                        knownIDs: [], states: Dictionary(uniqueKeysWithValues: states.map { ($0, .absent) }),
                        parked: Dictionary(uniqueKeysWithValues: parked.map { ($0, 0) }))
                case .run(let new): runs += new
                default: break
                }
            }
        }
        return runs
    }

    private func done(_ run: KeyRun, sending messages: [Message] = []) -> KeyRunResult {
        KeyRunResult(
            id: run.id, orderKey: run.orderKey,
            results: run.executions.map {
                ExecutionResult(executions: [$0], outcome: .done(reply: [], state: .unchanged, messages: messages))
            }, remaining: [], states: run.states)
    }

    private func commit(_ machine: inout PartitionMachine) throws -> BatchCommit {
        let made = machine.makeCommit(now: now)
        let answered = machine.committed(now: now)
        #expect(answered != nil)
        return try #require(made)
    }

    @Test func `nothing is committed as done that the next owner couldn't know of`() throws {
        // More than fetching may bring before it is paused.
        let span = Int64(OffsetTracker.spanMax)
        var machine = machine()
        machine.fetched((0..<span + 700).map { record($0, key: $0 == 0 ? "slow" : "k\($0)") })
        var slow: KeyRun?
        var next: PartitionClaim?
        var done: Set<Int64> = []
        for _ in 0..<20 {
            let runs = startAll(&machine)
            slow = slow ?? runs.first { $0.orderKey.key == "slow" }
            let others = runs.filter { $0.orderKey.key != "slow" }
            done.formUnion(others.flatMap(\.executions).map(\.offset))
            machine.ran(others.map { self.done($0) })
            while !machine.finished.isEmpty {
                let batch = try commit(&machine)
                next = PartitionClaim(
                    epoch: 2, nextOffset: batch.nextOffset, completed: batch.completed,
                    lane: LaneClaim(id: 1, epoch: 1, nextSequence: 1, acknowledgedSequence: 0), watermarks: [:],
                    laneEpochs: [:], nextParkedDue: nil)
            }
        }
        let claim = try #require(next)
        let tracker = OffsetTracker(nextOffset: claim.nextOffset, bitmap: claim.completed)
        #expect(done.count == span - 1)
        #expect(done.allSatisfy { tracker.isDone($0) })
        // The slow one ends, and what had to wait runs.
        machine.ran([self.done(try #require(slow))])
        _ = try commit(&machine)
        #expect(startAll(&machine).count == 700)
    }

    @Test func `a repetition whose look-up is out of date is admitted by its id, as the first one was`() throws {
        var machine = machine()
        machine.fetched([record(0, key: "a", outside: "x")])
        machine.ran(startAll(&machine).map { done($0) })
        let refused = machine.makeCommit(now: now)
        #expect(refused?.inboxIDs == ["x"])
        // The same message once more. What is read of it now doesn't know of the partition that has handled it already.
        machine.fetched([record(1, key: "b", outside: "x")])
        let loads = machine.actions(now: now).contains { if case .load = $0 { true } else { false } }
        #expect(loads)
        try machine.commitFailed(.duplicateIDs(["x"]), now: now)
        machine.loaded(knownIDs: [], states: [StateKey(service: "t.S", key: "b"): .absent], parked: [:])
        machine.ran(startAll(&machine).map { done($0) })
        var ids: [String] = []
        while !machine.finished.isEmpty { ids += try commit(&machine).inboxIDs }
        #expect(ids == ["x"])
    }

    @Test func `a clock that is set back holds no commit up for longer than its rule`() throws {
        var machine = machine()
        machine.fetched([record(0, key: "a")])
        machine.ran(startAll(&machine).map { done($0) })
        // The second failure in a row makes a pause, the first none.
        for _ in 0..<2 {
            #expect(machine.makeCommit(now: now) != nil)
            try machine.commitFailed(.transient, now: now)
        }
        let earlier = now.advanced(by: .seconds(-3600))
        func wantsToCommit(at time: Timestamp) -> (wants: Bool, wake: Timestamp?) {
            var wants = false
            var wake: Timestamp?
            for action in machine.actions(now: time) {
                if case .requestCommit = action { wants = true }
                if case .wake(let at) = action { wake = at }
            }
            return (wants, wake)
        }
        let (wants, wake) = wantsToCommit(at: earlier)
        let latest = earlier.advanced(by: PartitionLimits().commitRetryMax)
        #expect(wants || wake.map { $0 <= latest } ?? false, "asked to be woken at \(String(describing: wake))")
    }

    @Test func `a gap in the log that is longer than the bitmap holds nothing up`() throws {
        var machine = machine()
        machine.fetched([record(100_000, key: "a"), record(100_001, key: "b")])
        #expect(startAll(&machine).count == 2)
    }

    @Test func `a batch is handed over with as many messages as its handler takes`() {
        for most in [100, 500] {
            let policy = BatchPolicy(maximumItems: most, maximumTime: .seconds(60))
            var machine = machine()
            machine.fetched((0..<Int64(most)).map { record($0, key: "k", batch: policy) })
            #expect(startAll(&machine).map(\.executions.count) == [most])
        }
    }

    @Test func `what a full batch leaves waits for no longer than a batch does, from when it came`() throws {
        var machine = machine()
        let policy = BatchPolicy(maximumItems: 100, maximumTime: .milliseconds(100))
        machine.fetched((0..<130).map { record($0, key: "k", batch: policy) })
        // Its state comes late.
        let loads = machine.actions(now: now).contains { if case .load = $0 { true } else { false } }
        #expect(loads)
        machine.loaded(knownIDs: [], states: [StateKey(service: "t.S", key: "k"): .absent], parked: [:])
        func runs(after milliseconds: Int) -> [KeyRun] {
            machine.actions(now: now.advanced(by: .milliseconds(milliseconds))).flatMap { action in
                if case .run(let runs) = action { runs } else { [KeyRun]() }
            }
        }
        let first = runs(after: 90)
        #expect(first.map(\.executions.count) == [100])
        machine.ran(first.map { done($0) })
        _ = try commit(&machine)
        #expect(runs(after: 99).isEmpty)
        #expect(runs(after: 100).map(\.executions.count) == [30])
    }

    @Test func `a run that is one list keeps to its bytes and to one state`() {
        let policy = BatchPolicy(maximumItems: 1000, maximumTime: .zero, maximumBytes: 2 * 80)
        var machine = machine()
        machine.fetched((0..<200).map { record($0, key: "k", batch: policy) })
        #expect(startAll(&machine).map(\.executions.count) == [80])
    }

    @Test func `a batch doesn't wait for what can't come, since nothing more is fetched`() {
        var limits = PartitionLimits()
        limits.queuedMax = 10
        var machine = machine(limits)
        let policy = BatchPolicy(maximumItems: 100, maximumTime: .seconds(60))
        machine.fetched((0..<9).map { record($0, key: "k", batch: policy) })
        #expect(startAll(&machine).isEmpty)
        machine.fetched([record(9, key: "k", batch: policy)])
        #expect(startAll(&machine).map(\.executions.count) == [10])
    }

    @Test func `messages that a batch handler took together are tried again in their order`() throws {
        let policy = BatchPolicy(maximumItems: 5, maximumTime: .zero, maximumBytes: 1 << 20)
        for _ in 0..<100 {
            var machine = machine()
            machine.fetched((0..<5).map { record($0, key: "k", batch: policy) })
            let run = try #require(startAll(&machine).first)
            let failure = Failure(kind: .retryable, error: MeshError(.providerUnavailable, "not yet"))
            machine.ran([
                KeyRunResult(
                    id: run.id, orderKey: run.orderKey,
                    results: [ExecutionResult(executions: run.executions, outcome: .failed(failure))], remaining: [],
                    states: run.states)
            ])
            let batch = try commit(&machine)
            #expect(batch.parked.map(\.offset) == [0, 1, 2, 3, 4])
            #expect(batch.parked.map { $0.due != nil } == [true, false, false, false, false])
            #expect(batch.parked.allSatisfy { $0.attempts == 1 })
        }
    }

    @Test(arguments: [(1, 64 << 20), (1000, 5)])
    func `nothing new runs while too much isn't in the log, until it is`(messages: Int64, bytes: Int) throws {
        var limits = PartitionLimits()
        (limits.unacknowledgedMax, limits.unacknowledgedBytesMax) = (messages, bytes)
        var machine = machine(limits)
        machine.fetched([record(0, key: "a")])
        let event = Message(id: "e", type: "t.done", source: "/t.S", time: now, key: "a", data: Array("12345".utf8))
        machine.ran(startAll(&machine).map { done($0, sending: [event]) })
        let sent = try commit(&machine).outbox
        #expect(sent.count == 1)
        machine.fetched([record(1, key: "b")])
        #expect(startAll(&machine).isEmpty)
        machine.published(upTo: sent[0].sequence, refused: [], now: now)
        #expect(startAll(&machine).count == 1)
    }

    @Test func `a commit that fails again and again for a cause that passes is tried less and less often`() throws {
        var machine = machine()
        machine.fetched([record(0, key: "a")])
        machine.ran(startAll(&machine).map { done($0) })
        var clock = now
        var pauses: [Int64] = []
        for _ in 0..<12 {
            let asked = clock
            while !machine.actions(now: clock).contains(where: { if case .requestCommit = $0 { true } else { false } })
            {
                clock = clock.advanced(by: .milliseconds(1))
                try #require(clock.microseconds - asked.microseconds < 5_000_000)
            }
            pauses.append((clock.microseconds - asked.microseconds) / 1000)
            #expect(machine.makeCommit(now: clock) != nil)
            try machine.commitFailed(.transient, now: clock)
        }
        #expect(pauses.prefix(3) == [0, 0, 10])
        #expect(pauses.suffix(2) == [1000, 1000])
        // What works afterwards doesn't wait.
        machine.commitRetryAt = nil
        _ = try commit(&machine)
        machine.fetched([record(1, key: "a")])
        machine.ran(startAll(&machine).map { done($0) })
        let actions = machine.actions(now: clock)
        #expect(actions.contains { if case .requestCommit = $0 { true } else { false } })
    }

    @Test func `parked messages that weren't all fetched are fetched again when those that were are done`() throws {
        var machine = machine(parkedDue: now)
        let key = StateKey(service: "t.S", key: "k")
        func isFetched() -> Bool {
            machine.actions(now: now).contains { if case .loadParked = $0 { true } else { false } }
        }
        #expect(isFetched())
        guard case .execution(let waiting) = record(0, key: "k").content else { return }
        let parked = Execution(
            source: .parked(id: 1), handler: waiting.handler, message: waiting.message, orderKey: key, stateKey: key,
            attempt: 2, firstRunAt: now, offset: 0)
        machine.parkedLoaded([key: [parked]], cutShort: [key], nextDue: nil, now: now)
        // What comes meanwhile waits behind those that are still in the table.
        machine.fetched([record(5, key: "k")])
        let runs = startAll(&machine)
        #expect(runs.map(\.executions.count) == [1])
        machine.ran(runs.map { done($0) })
        _ = try commit(&machine)
        #expect(isFetched())
        #expect(try commit(&machine).parked.map(\.offset) == [5])
    }

    @Test func `what waits behind a parked message keeps its order where half a split batch has to be tried again`()
        throws
    {
        var machine = machine(parkedDue: now.advanced(by: .seconds(60)))
        machine.fetched([record(0, key: "k"), record(1, key: "k")])
        for action in machine.actions(now: now) {
            guard case .load = action else { continue }
            machine.loaded(
                knownIDs: [], states: [:], parked: [StateKey(service: "t.S", key: "k"): 1])
        }
        _ = machine.actions(now: now)
        #expect(machine.makeCommit(now: now)?.parked.map(\.offset) == [0, 1])
        try machine.commitFailed(.refused("something of it"), now: now)
        #expect(machine.makeCommit(now: now)?.parked.map(\.offset) == [0])
        try machine.commitFailed(.transient, now: now)
        #expect(try commit(&machine).parked.map(\.offset) == [0])
        #expect(try commit(&machine).parked.map(\.offset) == [1])
    }

    @Test func `what has arrived is looked up some keys at a time, and runs in the order of each key`() throws {
        var machine = machine()
        // Each key twice, and the second ones in another order than the first.
        let keys = (0..<2000).map { "k\($0)" }
        machine.fetched(
            (keys + keys.reversed()).enumerated().map { offset, key in record(Int64(offset), key: key) })
        var ran: [String: [Int64]] = [:]
        var largest = 0
        for _ in 0..<200 {
            var runs: [KeyRun] = []
            for action in machine.actions(now: now) {
                switch action {
                case .load(_, let states, let parked, _):
                    largest = max(largest, states.count)
                    machine.loaded(
                        knownIDs: [], states: Dictionary(uniqueKeysWithValues: states.map { ($0, .absent) }),
                        parked: Dictionary(uniqueKeysWithValues: parked.map { ($0, 0) }))
                case .run(let new): runs += new
                default: break
                }
            }
            for run in runs {
                ran[run.orderKey.key, default: []] += run.executions.map(\.offset)
                machine.ran([done(run)])
            }
            while !machine.finished.isEmpty { _ = try commit(&machine) }
        }
        #expect(largest <= 256)
        #expect(ran.count == 2000)
        #expect(ran.values.allSatisfy { $0.count == 2 && $0 == $0.sorted() })
        #expect(machine.open.isEmpty && machine.states.isEmpty)
    }
}
