import MeshCore
import Outbox

extension PartitionMachine {
    /// Runs ended.
    mutating func ran(_ results: [KeyRunResult]) {
        for result in results {
            runningExecutions -= result.executionCount
            finish(.run(result))
        }
    }

    /// It is our turn to commit: takes what is finished by now. Nil when there is nothing, and the turn is given back.
    mutating func makeCommit(now: Timestamp) -> BatchCommit? {
        guard let units = takeUnits() ?? (hasUnstoredAcknowledgement ? [] : nil) else {
            commit = .idle
            return nil
        }
        // A refused row is either above what counts as published or a dead letter: never neither.
        let acknowledged = hasUndeliverableLeft ? storedAcknowledgedSequence : acknowledgedSequence
        var builder = BatchBuilder(
            batch: BatchCommit(
                partition: id, epoch: epoch, expectedNextOffset: storedOffset, nextOffset: storedOffset, lane: lane,
                nextSequence: nextSequence, acknowledgedSequence: acknowledged),
            parkedCounts: parkedCounts, partitionCount: partitionCount,
            parkedPerKeyMax: limits.parkedPerKeyMax, now: now, generator: generator)
        for unit in units { builder.add(unit) }
        builder.finish()
        generator = builder.generator
        var progress = offsets
        for offset in builder.finishedOffsets { progress.finish(offset) }
        // Nearly always none is from outside.
        if !openIDs.isEmpty { builder.batch.inboxIDs = builder.finishedOffsets.compactMap { open[$0]?.inboxID } }
        _ = progress.advance()
        builder.batch.nextOffset = progress.nextOffset
        builder.batch.completed = progress.bitmap()
        if isLogVolatile { builder.batch.completedStamps = lanes.stamps(doneIn: progress) }
        builder.batch.logEnd = max(logEndAtClaim, offsets.end)
        builder.batch.watermarks = lanes.marks(below: progress.nextOffset)
        let batch = builder.batch
        commit = .inFlight(
            PendingCommit(
                units: units, batch: batch, finishedOffsets: builder.finishedOffsets, states: builder.states,
                parkedChange: builder.parkedChange, handled: builder.handled))
        return batch
    }

    /// How large the batch under way is.
    var commitSize: CommitSize {
        guard case .inFlight(let pending) = commit else { return CommitSize(weight: 0, bytes: 0) }
        return pending.units.reduce(into: CommitSize(weight: 0, bytes: 0)) { size, unit in
            size.weight += unit.weight
            size.bytes += unit.byteCount
        }
    }

    /// What the batch under way counts.
    var handledInCommit: HandlerTally {
        guard case .inFlight(let pending) = commit else { return HandlerTally() }
        return pending.handled
    }

    /// The batch under way is committed: returns it, for its messages to be published.
    mutating func committed(now: Timestamp) -> BatchCommit? {
        guard case .inFlight(let pending) = commit else { return nil }
        commit = .idle
        transientFailures = 0
        commitRetryAt = nil
        let batch = pending.batch
        for offset in pending.finishedOffsets {
            offsets.finish(offset)
            if let record = open.removeValue(forKey: offset) {
                queuedBytes -= record.byteCount
                if let inboxID = record.inboxID { openIDs.remove(ExactText(inboxID)) }
            }
        }
        _ = offsets.advance()
        storedOffset = batch.nextOffset
        storedAcknowledgedSequence = batch.acknowledgedSequence
        acknowledgementDueAt = hasUnstoredAcknowledgement ? now.advanced(by: limits.acknowledgementDelay) : nil
        lanes.committed(below: storedOffset)
        nextSequence = batch.nextSequence
        noteUnacknowledged(batch)
        for (key, entry) in pending.states {
            guard let place = states.index(forKey: key) else { continue }
            states.values[place].entry = entry
            // A run that didn't need it doesn't know what was loaded for another.
            if let contents = entry.contents { states.values[place].contents = contents }
        }
        noteWorkflows(of: pending)
        for (key, change) in pending.parkedChange { countParked(key, by: change) }
        forgetParkedIfTooMany()
        expectParked(after: batch, removed: pending.parkedChange, now: now)
        for unit in pending.units { release(unit) }
        endTimers(of: batch, units: pending.units, now: now)
        finishedSince = finished.isEmpty ? nil : now
        return batch
    }

    private mutating func noteWorkflows(of pending: PendingCommit) {
        guard !pending.batch.workflows.isEmpty else { return }
        let entries = Dictionary(pending.states.map { ($0.key, $0.entry) }, uniquingKeysWith: { $1 })
        for write in pending.batch.workflows {
            committedWorkflows[write.row.id] = entries[write.row.id]?.contents?.workflow
        }
    }

    /// The workflows that were committed since this was last asked.
    mutating func takeCommittedWorkflows() -> [WorkflowID: WorkflowRecord?] {
        defer { committedWorkflows.removeAll(keepingCapacity: true) }
        return committedWorkflows
    }

    /// When parked rows are due next, as far as this commit tells.
    private mutating func expectParked(after batch: BatchCommit, removed: [StateKey: Int], now: Timestamp) {
        for parked in batch.parked { if let due = parked.due { expectParked(at: due) } }
        for again in batch.parkedAgain { expectParked(at: again.due) }
        // The next one of a key whose head is done is due at once; fetch it unless it is in memory already.
        let hasMore = removed.contains { key, _ in
            (parkedCounts[key] ?? 0) > 0 && (queues[key]?.parked.isEmpty ?? true)
        }
        if (hasMore && !batch.parkedDone.isEmpty) || lookAgainForParked { expectParked(at: now) }
        lookAgainForParked = false
    }

    /// Frees the keys of a committed unit for what waits behind.
    private mutating func release(_ unit: CommitUnit) {
        switch unit {
        case .record, .undeliverable: break
        case .follower(let execution):
            releaseState(execution.stateKey)
        case .run(let result):
            releaseStates(of: result)
            endRun(of: result)
        }
    }

    private mutating func releaseStates(of result: KeyRunResult) {
        // Nearly always one key, and then it is looked up once.
        if result.states.entries.count == 1 {
            let key = result.states.entries[0].key
            guard let place = states.index(forKey: key) else { return }
            states.values[place].isBusy = false
            return release(key, at: place, users: result.executionCount)
        }
        for key in result.states.keys { states[key]?.isBusy = false }
        for execution in result.executions { releaseState(execution.stateKey) }
    }

    /// The key may run again. Rows that were parked and not run are fetched again when due.
    private mutating func endRun(of result: KeyRunResult) {
        guard let place = queues.index(forKey: result.orderKey) else { return }
        queues.values[place].isBusy = false
        if result.isStoppedByRetry {
            for execution in queues.values[place].parked { releaseState(execution.stateKey) }
            queues.values[place].parked = []
        }
        if queues.values[place].isEmpty {
            queues.remove(at: place)
        } else {
            makeCandidate(result.orderKey)
        }
    }

    /// Everything of the lane up to `sequence` is safe in Kafka; `refused` never will be.
    mutating func published(upTo sequence: Int64, refused: [(row: OutboxRow, error: MeshError)], now: Timestamp) {
        acknowledgedSequence = max(acknowledgedSequence, sequence)
        while let first = unacknowledged.first, first.upTo <= acknowledgedSequence {
            unacknowledgedBytes -= first.bytes
            unacknowledged.removeFirst()
        }
        for (row, error) in refused { finish(.undeliverable(row, error)) }
        acknowledgementDueAt = acknowledgementDueAt ?? now.advanced(by: limits.acknowledgementDelay)
    }

    /// Whether refused rows wait for a later commit than the one that is being made.
    private var hasUndeliverableLeft: Bool {
        func isUndeliverable(_ unit: CommitUnit) -> Bool {
            if case .undeliverable = unit { true } else { false }
        }
        return finished.contains(where: isUndeliverable) || bisection.contains { $0.contains(where: isUndeliverable) }
    }

    /// Whether what is on its way to the log leaves room for more.
    var hasRoomInLane: Bool {
        nextSequence - 1 - acknowledgedSequence < limits.unacknowledgedMax
            && unacknowledgedBytes < limits.unacknowledgedBytesMax
    }

    private mutating func noteUnacknowledged(_ batch: BatchCommit) {
        guard let last = batch.outbox.last else { return }
        let bytes = batch.outbox.reduce(0) { $0 + $1.message.data.count }
        unacknowledged.append((upTo: last.sequence, bytes: bytes))
        unacknowledgedBytes += bytes
    }

    var hasUnstoredAcknowledgement: Bool { acknowledgedSequence > storedAcknowledgedSequence }

    /// True when nothing is under way and nothing would be lost by stopping.
    var isQuiet: Bool {
        guard case .idle = commit else { return false }
        return runningExecutions == 0 && finished.isEmpty && bisection.isEmpty
            && acknowledgedSequence == nextSequence - 1 && !hasUnstoredAcknowledgement
    }

    /// The next batch's units: a part of a refused batch first, else what is finished, within the bounds.
    private mutating func takeUnits() -> [CommitUnit]? {
        if let next = bisection.popLast() { return next }
        guard !finished.isEmpty else { return nil }
        var weight = 0
        var bytes = 0
        var count = 0
        for unit in finished {
            let (unitWeight, unitBytes) = (unit.weight, unit.byteCount)
            if count > 0, weight + unitWeight > limits.batchMax || bytes + unitBytes > limits.batchBytesMax { break }
            weight += unitWeight
            bytes += unitBytes
            count += 1
        }
        var units = finished
        if count < finished.count {
            units = Array(finished.prefix(count))
            finished.removeFirst(count)
        } else {
            finished = []
        }
        finishedWeight -= weight
        finishedSince = nil
        return units
    }
}
