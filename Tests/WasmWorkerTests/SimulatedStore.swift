import MeshCore
import Outbox

@testable import WasmWorker

/// What Postgres would hold for one partition, with the checks of the real store: fence, versions, inbox.
struct SimulatedStore {
    var epoch: Int64 = 0
    var nextOffset: Int64 = 0
    var completed: [UInt8] = []
    var watermarks: [Int64: LaneWatermark] = [:]
    var nextSequence: Int64 = 1
    var acknowledged: Int64 = 0
    var inbox: Set<String> = []
    var state: [StateKey: StateRow] = [:]
    var outbox: [OutboxRow] = []
    var parked: [ParkedMessage] = []
    var deadLetters: [String] = []
    var workflows: [WorkflowID: WorkflowRecord] = [:]
    var timers: Set<WorkflowTimer> = []
    private var nextParkedID: Int64 = 1
    /// Messages whose effects Postgres refuses to store.
    var poison: Set<String> = []

    mutating func claim(_ id: PartitionID) -> PartitionClaim {
        epoch += 1
        var claim = PartitionClaim(
            epoch: epoch, nextOffset: nextOffset, completed: completed,
            lane: LaneClaim(id: 1, epoch: 0, nextSequence: nextSequence, acknowledgedSequence: acknowledged),
            watermarks: watermarks, laneEpochs: [:], nextParkedDue: parked.compactMap(\.due).min())
        claim.nextTimerDue = timers.map(\.due).min()
        return claim
    }

    func load(ids: [String], states: [StateKey], parked keys: [StateKey]) -> LoadResult {
        var result = LoadResult(knownIDs: Set(inbox.intersection(ids).map { ExactText($0) }))
        for key in states { result.state[key] = state[key] ?? StateRow(version: 0, data: []) }
        for key in keys { result.parked[key] = parked.count { $0.stateKey == key } }
        return result
    }

    mutating func commit(_ batch: BatchCommit) -> StoreError? {
        guard batch.epoch == epoch, batch.expectedNextOffset == nextOffset else { return .fenced("fenced") }
        let stale = batch.stateWrites.filter { (state[$0.key]?.version ?? 0) != $0.expectedVersion }.map(\.key)
        if !stale.isEmpty { return .stateConflict(stale) }
        let overtaken = batch.workflows.filter {
            (workflows[$0.row.id]?.row.nextSequence ?? 0) != $0.expectedSequence
        }
        if !overtaken.isEmpty { return .stateConflict(overtaken.map(\.row.id)) }
        let known = batch.inboxIDs.filter(inbox.contains)
        if !known.isEmpty { return .duplicateInbox(known) }
        let text = batch.stateWrites.map { String(decoding: $0.data ?? [], as: UTF8.self) }.joined(separator: ",")
        if text.split(separator: ",").contains(where: { poison.contains(String($0)) }) {
            return .dataRefused(message: "poison", sqlstate: "22000")
        }
        apply(batch)
        return nil
    }

    private mutating func apply(_ batch: BatchCommit) {
        nextOffset = batch.nextOffset
        completed = batch.completed
        watermarks.merge(batch.watermarks) { $1 }
        nextSequence = batch.nextSequence
        acknowledged = batch.acknowledgedSequence
        inbox.formUnion(batch.inboxIDs)
        for write in batch.stateWrites {
            state[write.key] = write.data.map { StateRow(version: write.newVersion, data: $0) }
        }
        timers.subtract(batch.workflows.flatMap(\.timersRemoved) + batch.timersRemoved)
        timers.formUnion(batch.workflows.flatMap(\.timersAdded) + batch.timersAdded)
        for write in batch.workflows { workflows[write.row.id] = WorkflowRecord(workflows[write.row.id], after: write) }
        outbox += batch.outbox
        finishParked(Set(batch.parkedDone))
        for new in batch.parked {
            parked.append(
                ParkedMessage(
                    id: nextParkedID, offset: new.offset, service: new.service, method: new.method, key: new.key,
                    message: new.message, attempts: new.attempts, due: new.due, parkedAt: new.message.time))
            nextParkedID += 1
        }
        for again in batch.parkedAgain {
            for index in parked.indices where parked[index].id == again.id {
                parked[index].attempts = again.attempts
                parked[index].due = again.due
            }
        }
        deadLetters += batch.deadLetters.compactMap(\.messageID)
    }

    /// As `mesh.finish_parked`: the next one of each key that has one less is due at once, but nothing else is.
    private mutating func finishParked(_ done: Set<Int64>) {
        let keys = Set(parked.filter { done.contains($0.id) }.map(\.stateKey))
        parked.removeAll { done.contains($0.id) }
        var heads: Set<StateKey> = []
        for index in parked.indices where heads.insert(parked[index].stateKey).inserted {
            if keys.contains(parked[index].stateKey), parked[index].due == nil {
                parked[index].due = Timestamp(microseconds: 0)
            }
        }
    }

    func dueTimers(at now: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        let due = timers.filter { $0.due <= now && !excluding.contains($0.workflow) }
            .sorted { ($0.due, $0.workflow, $0.operation.op) < ($1.due, $1.workflow, $1.operation.op) }
        return DueTimers(
            timers: Array(due.prefix(limit)),
            nextDue: due.count >= limit ? now : timers.map(\.due).filter { $0 > now }.min())
    }

    /// Those that are due with all that follow them, and when the next one is due. As `mesh.due_parked` it doesn't look for heads: nothing
    /// else may have a time.
    func due(at now: Timestamp, excluding: Set<StateKey>) -> ([StateKey: [ParkedMessage]], Timestamp?) {
        var rows: [StateKey: [ParkedMessage]] = [:]
        var next: Timestamp?
        for message in parked {
            guard let due = message.due else { continue }
            if due <= now, !excluding.contains(message.stateKey) {
                rows[message.stateKey] = parked.filter { $0.stateKey == message.stateKey && $0.id >= message.id }
            } else {
                next = min(next ?? due, due)
            }
        }
        return (rows, next)
    }
}
