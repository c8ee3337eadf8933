import MeshCore
import Outbox
import Wasm
import Schemas
import TestSupport
import Workflows

@testable import WasmWorker

/// One partition under a seeded scheduler: every interleaving of fetches, loads, runs, commits, parked fetches, crashes and zombies.
///
/// Some messages are inputs of the workflow of their key: each appends an entry with its id to the journal, and may add a timer or take one
/// back; a timer that fires appends its own entry.
///
/// A handler appends its message's id to the state of its key and emits `out-<id>`, so that the end tells what took effect, how often and in which order.
struct PartitionSimulation {
    struct Record {
        var offset: Int64
        var message: Message
        var stamp: LaneStamp?
    }

    /// What a message's handler does.
    enum Fate { case works, failsThenWorks(Int), refuses, crashes, workflow(failures: Int) }

    enum Pending {
        case load(ids: [String], states: [StateKey], parked: [StateKey], contents: [StateKey])
        case run(KeyRun)
        case commitTurn
        case commitAnswer(StoreError?)
        /// What was read, where that was before the answer comes.
        case parked(excluding: Set<StateKey>, read: ([StateKey: [ParkedMessage]], Timestamp?)?)
        case timers(limit: Int, excluding: Set<WorkflowID>, read: DueTimers?)
        case published(Int64)
    }

    let id = PartitionID(group: "t.S", topic: "t.S", partition: 0)
    let seed: UInt64
    var generator: Seed
    var log: [Record] = []
    var fates: [String: Fate] = [:]
    var store = SimulatedStore()
    var machine: PartitionMachine
    var pending: [Pending] = []
    var fetchedTo: Int64 = 0
    var isPaused = false
    var now = Timestamp(microseconds: 1_000_000)
    var wakeAt: Timestamp?
    var crashes = 0
    /// An input was run without its workflow having been read.
    var isContentsMissing = false

    init(seed: UInt64) {
        self.seed = seed
        generator = Seed(value: seed)
        var store = SimulatedStore()
        let claim = store.claim(id)
        machine = PartitionMachine(
            id, claim: claim, partitionCount: 4, limits: Self.limits, generator: Seed(value: seed))
        makeLog()
        self.store.poison = store.poison
    }

    static var limits: PartitionLimits {
        var limits = PartitionLimits()
        limits.runningMax = 20
        limits.keyRunMax = 5
        limits.batchMax = 10
        limits.queuedMax = 30
        limits.parkedFetchMax = 5
        limits.parkedKeysMax = 4
        limits.timersMax = 6
        limits.loadKeysMax = 3
        limits.loadContentsMax = 2
        return limits
    }

    func chance(_ percent: Int, _ generator: inout Seed) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }

    /// A log with lanes whose suffixes are published again, messages from outside that come twice, gaps, and keys in common.
    private mutating func makeLog() {
        var offset: Int64 = 0
        var sequences: [Int64: Int64] = [:]
        var sent: [Int64: [Record]] = [:]
        for index in 0..<Int.random(in: 5...80, using: &generator) {
            let key = "k\(Int.random(in: 0..<6, using: &generator))"
            let message = Message(
                id: "m\(index)", type: "t.S/m", source: "/t", time: now, key: key, data: Array("{}".utf8))
            fates[message.id] =
                switch Int.random(in: 0..<20, using: &generator) {
                case 0: .refuses
                case 1: .crashes
                case 2, 3: .failsThenWorks(Int.random(in: 1...5, using: &generator))
                case 4...9: .workflow(failures: chance(10, &generator) ? 2 : 0)
                default: .works
                }
            if case .works? = fates[message.id], chance(3, &generator) { store.poison.insert(message.id) }
            var record = Record(offset: offset, message: message, stamp: nil)
            if chance(70, &generator) {
                let lane = Int64.random(in: 10...12, using: &generator)
                sequences[lane, default: 0] += Int64.random(in: 1...2, using: &generator)
                record.stamp = LaneStamp(lane: lane, epoch: 0, sequence: sequences[lane] ?? 0)
                sent[lane, default: []].append(record)
            }
            log.append(record)
            offset += chance(10, &generator) ? 2 : 1
            if chance(8, &generator), let lane = sent.keys.sorted().randomElement(using: &generator) {
                for old in (sent[lane] ?? []).suffix(Int.random(in: 1...4, using: &generator)) {
                    log.append(Record(offset: offset, message: old.message, stamp: old.stamp))
                    offset += 1
                }
            }
            if record.stamp == nil, chance(20, &generator) {
                log.append(Record(offset: offset, message: message, stamp: nil))
                offset += 1
            }
        }
    }

    // MARK: Steps

    /// Runs to the end; false when it doesn't come within the bound.
    mutating func run() -> Bool {
        for step in 0..<60_000 {
            let isFaulty = step < 3000
            act()
            if isDone { return true }
            if isFaulty, chance(1, &generator), crashes < 12 { crash() }
            if isFaulty, chance(1, &generator) { othersWrite() }
            fetchSome()
            if let index = pending.indices.randomElement(using: &generator) {
                settle(pending.remove(at: index))
            }
            advanceClock()
        }
        return false
    }

    private var isDone: Bool {
        pending.isEmpty && fetchedTo > (log.last?.offset ?? -1) && store.nextOffset > (log.last?.offset ?? -1)
            && store.parked.isEmpty && store.timers.isEmpty && machine.finished.isEmpty
    }

    /// What it stands at, for a run that doesn't end.
    var standstill: String {
        """
        now \(now), wake \(wakeAt.map(String.init(describing:)) ?? "none"), pending \(pending), fetched to \(fetchedTo) of \(log.last?.offset ?? -1), \
        paused \(isPaused), stored \(store.nextOffset), parked \(store.parked), timers \(store.timers), \
        open \(machine.open.keys.sorted()), queues \(machine.queues), candidates \(machine.candidates), finished \(machine.finished), \
        running \(machine.runningExecutions), commit \(machine.commit), loading \(machine.isLoading), \(machine.loading.count), \
        parked counts \(machine.parkedCounts), loading parked \(machine.isLoadingParked), next \(machine.nextParkedAt.map(String.init(describing:)) ?? "none")
        """
    }

    private mutating func act() {
        for action in machine.actions(now: now) {
            switch action {
            case .load(let ids, let states, let parked, let contents):
                pending.append(.load(ids: ids, states: states, parked: parked, contents: contents))
            case .run(let runs): pending += runs.map { .run($0) }
            case .requestCommit: pending.append(.commitTurn)
            case .loadParked(_, let excluding):
                let read = chance(50, &generator) ? store.due(at: now, excluding: excluding) : nil
                pending.append(.parked(excluding: excluding, read: read))
            case .loadTimers(let limit, let excluding):
                let read =
                    chance(50, &generator) ? store.dueTimers(at: now, limit: limit, excluding: excluding) : nil
                pending.append(.timers(limit: limit, excluding: excluding, read: read))
            case .pauseFetching: isPaused = true
            case .resumeFetching: isPaused = false
            case .wake(let time): wakeAt = time
            }
        }
    }

    private mutating func advanceClock() {
        now = now.advanced(by: .milliseconds(Int64.random(in: 0...1, using: &generator)))
        if pending.isEmpty, let wakeAt, wakeAt > now { now = wakeAt }
    }

    private mutating func fetchSome() {
        guard !isPaused, chance(60, &generator) else { return }
        let records = log.filter { $0.offset >= fetchedTo }.prefix(Int.random(in: 1...8, using: &generator))
        guard let last = records.last else { return }
        fetchedTo = last.offset + 1
        // Some states are at hand, as the worker's cache would have them.
        let known = records.map { record -> StateEntry? in
            let key = StateKey(service: "t.S", key: record.message.key ?? "")
            guard chance(50, &generator) else { return nil }
            return store.load(ids: [], states: [key], parked: []).state[key].map {
                StateEntry(version: $0.version, data: $0.version == 0 ? nil : $0.data)
            }
        }
        machine.fetched(records.map(fetched), known: known)
    }

    private func fetched(_ record: Record) -> FetchedRecord {
        let key = StateKey(service: "t.S", key: record.message.key ?? "")
        return FetchedRecord(
            offset: record.offset, byteCount: 100, stamp: record.stamp,
            inboxID: record.stamp == nil ? record.message.id : nil,
            content: .execution(
                Execution(
                    source: .log(offset: record.offset), handler: handler(of: record.message),
                    message: record.message, orderKey: key,
                    stateKey: key, attempt: 1, firstRunAt: now, offset: record.offset)))
    }

    private func handler(of message: Message) -> Handler {
        if message.type == WorkflowMessage.timer { return .of(message.type, service: "t.S", kind: .timer) }
        if case .workflow? = fates[message.id] { return .of(message.type, service: "t.S", kind: .signal) }
        return Handler(
            service: "t.S", method: "m",
            retry: RetryPolicy(DurablePolicy(retries: 3), initialDelay: .milliseconds(20), retriesCrashes: false),
            batch: nil, isCall: true)
    }

    private mutating func settle(_ item: Pending) {
        switch item {
        case .load(let ids, let states, let parked, let contents):
            let result = store.load(ids: ids, states: states, parked: parked)
            machine.loaded(
                knownIDs: result.knownIDs,
                states: result.state.mapValues {
                    StateEntry(version: $0.version, data: $0.version == 0 ? nil : $0.data)
                },
                parked: result.parked,
                contents: Dictionary(
                    uniqueKeysWithValues: contents.map { ($0, KeyContents(workflow: store.workflows[$0])) }))
        case .run(let run): machine.ran([result(of: run)])
        case .commitTurn: commit()
        case .commitAnswer(let error): answer(error)
        case .parked(let excluding, let read):
            let (rows, next) = read ?? store.due(at: now, excluding: excluding)
            let most = Int.random(in: 1...4, using: &generator)
            machine.parkedLoaded(
                rows.mapValues { $0.prefix(most).map(execution) },
                cutShort: Set(rows.filter { $0.value.count > most }.keys), nextDue: next, now: now)
        case .timers(let limit, let excluding, let read):
            let due = read ?? store.dueTimers(at: now, limit: limit, excluding: excluding)
            machine.timersLoaded(due.timers.map(execution), nextDue: due.nextDue)
        case .published(let sequence): machine.published(upTo: sequence, refused: [], now: now)
        }
    }

    private mutating func commit() {
        guard let batch = machine.makeCommit(now: now) else { return }
        if chance(3, &generator) {
            return pending.append(.commitAnswer(.transient(message: "deadlock", sqlstate: nil)))
        }
        let error = store.commit(batch)
        // The connection may break after the commit took effect: the owner can't know and starts anew.
        if error == nil, chance(3, &generator) { return crash() }
        pending.append(.commitAnswer(error))
    }

    private mutating func answer(_ error: StoreError?) {
        do {
            switch error {
            case nil:
                if let batch = machine.committed(now: now), let last = batch.outbox.last {
                    pending.append(.published(last.sequence))
                }
            case .fenced: crash()
            case .stateConflict(let keys): try machine.commitFailed(.stateConflict(keys), now: now)
            case .duplicateInbox(let ids): try machine.commitFailed(.duplicateIDs(ids), now: now)
            case .dataRefused(let message, _): try machine.commitFailed(.refused(message), now: now)
            default: try machine.commitFailed(.transient, now: now)
            }
        } catch {
            crash()
        }
    }

    /// The owner dies with all that it had in memory; the next one begins at the stored position.
    private mutating func crash() {
        crashes += 1
        pending = []
        isPaused = false
        wakeAt = nil
        let claim = store.claim(id)
        machine = PartitionMachine(
            id, claim: claim, partitionCount: 4, limits: Self.limits, generator: Seed(value: generator.next()))
        fetchedTo = claim.nextOffset
        // The new owner publishes what was left before it begins.
        store.acknowledged = store.nextSequence - 1
        machine.published(upTo: store.nextSequence - 1, refused: [], now: now)
    }

    /// Somebody else writes a state, as a handler of another topic would.
    private mutating func othersWrite() {
        guard let key = store.state.keys.sorted().randomElement(using: &generator), var row = store.state[key] else {
            return
        }
        row.version += 1
        store.state[key] = row
    }

    private func execution(_ parked: ParkedMessage) -> Execution {
        Execution(
            source: .parked(id: parked.id), handler: handler(of: parked.message), message: parked.message,
            orderKey: parked.stateKey,
            stateKey: parked.stateKey, attempt: parked.attempts + 1, firstRunAt: parked.parkedAt, offset: parked.offset)
    }

    private func execution(_ timer: WorkflowTimer) -> Execution {
        let key = timer.workflow
        return Execution(
            source: .timer(timer), handler: handler(of: timer.message), message: timer.message, orderKey: key,
            stateKey: key, attempt: 1, firstRunAt: now, offset: -1)
    }

    private mutating func result(of run: KeyRun) -> KeyRunResult {
        var data = run.states[run.orderKey]?.data ?? []
        var record = run.states[run.orderKey]?.contents?.workflow
        var results: [ExecutionResult] = []
        for (index, execution) in run.executions.enumerated() {
            let isInput = execution.handler.kind.isWorkflowInput
            if isInput { isContentsMissing = isContentsMissing || run.states[run.orderKey]?.contents == nil }
            let outcome = isInput ? activate(execution, &record) : outcome(of: execution, &data)
            results.append(ExecutionResult(executions: [execution], outcome: outcome))
            if case .failed(let failure) = outcome, execution.isRetried(after: failure) {
                return KeyRunResult(
                    id: run.id, orderKey: run.orderKey, results: results,
                    remaining: Array(run.executions[(index + 1)...]), states: run.states)
            }
        }
        return KeyRunResult(id: run.id, orderKey: run.orderKey, results: results, remaining: [], states: run.states)
    }

    private func outcome(of execution: Execution, _ data: inout [UInt8]) -> ExecutionResult.Outcome {
        func failed(_ kind: Failure.Kind) -> ExecutionResult.Outcome {
            .failed(Failure(kind: kind, error: MeshError(.internalError, "no")))
        }
        switch fates[execution.message.id] ?? .works {
        case .refuses: return failed(.refused)
        case .crashes: return failed(.trap)
        case .failsThenWorks(let times) where execution.attempt <= times: return failed(.retryable)
        case .works, .failsThenWorks, .workflow: break
        }
        let id = execution.message.id
        data += Array((data.isEmpty ? id : "," + id).utf8)
        let message = Message(
            id: "out-\(id)", type: "t.done", source: "/t.S", time: now, key: execution.message.key, data: [])
        return .done(reply: [], state: .set(data), messages: [message])
    }
}
