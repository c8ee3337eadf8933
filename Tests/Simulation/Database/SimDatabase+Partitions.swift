import MeshCore

@testable import Outbox

extension SimDatabase {
    /// `mesh.claim`.
    func claim(_ id: PartitionID, owner: String, logStart: Int64) -> PartitionClaim {
        if positions[id] == nil {
            let lane = workerLanes[id] ?? newLane(.worker)
            workerLanes[id] = lane
            positions[id] = Position(nextOffset: logStart, lane: lane, owner: owner)
        } else {
            positions[id]?.epoch += 1
            positions[id]?.owner = owner
        }
        guard let position = positions[id], let lane = lanes[position.lane] else { preconditionFailure("no lane") }
        model.claimed(id, epoch: position.epoch)
        var claim = PartitionClaim(
            epoch: position.epoch, nextOffset: position.nextOffset, completed: position.completed,
            lane: LaneClaim(
                id: lane.id, epoch: lane.epoch, nextSequence: lane.nextSequence, acknowledgedSequence: lane.acknowledged
            ),
            watermarks: mutant == .watermarksForgotten ? [:] : watermarks[id] ?? [:],
            laneEpochs: lanes.mapValues(\.epoch), nextParkedDue: due(id).compactMap(\.message.due).min())
        claim.completedStamps = position.stamps
        if id.group == id.topic { claim.nextTimerDue = timers[id]?.map(\.due).min() }
        world.note("claimed \(id) under epoch \(claim.epoch) from \(claim.nextOffset)")
        return claim
    }

    func load(_ request: LoadRequest) -> LoadResult {
        let group = request.partition.group
        let known = mutant == .inboxForgotten ? [] : inbox[group] ?? []
        var result = LoadResult(knownIDs: Set(known.intersection(request.externalIDs).map { ExactText($0) }))
        for key in request.stateKeys { if let row = state[key] { result.state[key] = row } }
        for key in request.parkedKeys {
            let count = parked.count { $0.place == request.partition && $0.message.stateKey == key }
            if count > 0 { result.parked[key] = count }
        }
        for id in request.workflows {
            if var record = workflows[id] {
                record.waitsFor = nil
                result.workflows[id] = record
            }
        }
        for key in request.schedules {
            if let row = schedules[key] { result.schedules[key] = LoadedSchedule(row: row, isOpen: isCallOpen(row)) }
        }
        return result
    }

    /// `mesh.is_call_open`, of a handler.
    private func isCallOpen(_ row: ScheduleRow) -> Bool {
        guard let fired = row.lastFiredAt, let key = row.lastID else { return false }
        if let ended = row.lastEndedAt, ended >= fired { return false }
        return fired > now.advanced(by: .seconds(-60))
            || parked.contains { $0.message.stateKey == StateKey(service: row.service, key: key) }
    }

    // MARK: Commits

    func commit(_ batch: BatchCommit, by process: String) -> Result<CommitReceipt, StoreError> {
        if let error = problem(with: batch) { return .failure(error) }
        commits += 1
        world.note(
            "commit of \(batch.partition): \(batch.expectedNextOffset) to \(batch.nextOffset), \(batch.stateWrites.count) states, \(batch.outbox.count) messages, \(batch.parked.count) parked, \(batch.parkedDone.count) no longer, \(batch.deadLetters.count) dead, acknowledged \(batch.acknowledgedSequence)"
        )
        model.check(batch, by: process, in: self)
        return .success(apply(batch))
    }

    /// All of them or none.
    func commit(together batches: [BatchCommit], by process: String) -> Result<[CommitReceipt], StoreError> {
        var admitted: [String: Set<String>] = [:]
        for batch in batches {
            if let error = problem(with: batch) { return .failure(error) }
            let group = batch.partition.group
            let twice = batch.inboxIDs.filter { !admitted[group, default: []].insert($0).inserted }
            if !twice.isEmpty { return .failure(.duplicateInbox(twice)) }
        }
        for written in [batches.flatMap { $0.stateWrites.map(\.key) }, batches.flatMap { $0.workflows.map(\.row.id) }] {
            precondition(Set(written).count == written.count, "batches that write the same rows share a transaction")
        }
        world.note("the next \(batches.count) commits are one transaction")
        return .success(batches.compactMap { try? commit($0, by: process).get() })
    }

    private func problem(with batch: BatchCommit) -> StoreError? {
        guard let position = positions[batch.partition], let lane = lanes[batch.lane] else {
            return .fenced("no position")
        }
        if mutant != .fenceRemoved {
            guard position.epoch == batch.epoch, position.nextOffset == batch.expectedNextOffset,
                position.lane == batch.lane
            else { return .fenced("\(batch.partition) isn't at epoch \(batch.epoch) any more") }
            if batch.nextOffset < batch.expectedNextOffset {
                return .other(message: "the offset would go back", sqlstate: "MF004")
            }
            if lane.nextSequence > batch.nextSequence {
                return .other(message: "the next sequence would go back", sqlstate: "MF004")
            }
        }
        if mutant != .inboxForgotten {
            let known = batch.inboxIDs.filter { inbox[batch.partition.group]?.contains($0) ?? false }
            if !known.isEmpty { return .duplicateInbox(known) }
        }
        if Set(batch.inboxIDs).count != batch.inboxIDs.count { return .duplicateInbox(batch.inboxIDs) }
        let stale = batch.stateWrites.filter { (state[$0.key]?.version ?? 0) != $0.expectedVersion }.map(\.key)
        if !stale.isEmpty, mutant != .versionsIgnored { return .stateConflict(stale.sorted()) }
        let overtaken = batch.workflows.filter {
            (workflows[$0.row.id]?.row.nextSequence ?? 0) != $0.expectedSequence
        }
        if !overtaken.isEmpty { return .stateConflict(overtaken.map(\.row.id).sorted()) }
        if batch.stateWrites.contains(where: { $0.data.map(model.isPoisoned) ?? false }) {
            return .dataRefused(message: "poison", sqlstate: "22P05")
        }
        return nil
    }

    private func apply(_ batch: BatchCommit) -> CommitReceipt {
        let place = batch.partition
        positions[place]?.nextOffset =
            mutant == .offsetEarly ? max(batch.nextOffset, batch.logEnd ?? 0) : batch.nextOffset
        positions[place]?.completed = mutant == .bitmapForgotten ? [] : batch.completed
        positions[place]?.stamps = mutant == .bitmapForgotten ? [] : batch.completedStamps
        for (lane, mark) in batch.watermarks
        where (watermarks[place]?[lane]?.sequence ?? -1) < mark.sequence {
            watermarks[place, default: [:]][lane] = mark
        }
        if let next = lanes[batch.lane]?.nextSequence, next < batch.nextSequence {
            lanes[batch.lane]?.nextSequence = batch.nextSequence
        }
        acknowledge(
            mutant == .acknowledgedEarly ? batch.nextSequence - 1 : batch.acknowledgedSequence, lane: batch.lane)
        inbox[place.group, default: []].formUnion(batch.inboxIDs)
        for write in batch.stateWrites {
            state[write.key] = write.data.map { StateRow(version: write.newVersion, data: $0) }
        }
        for write in batch.workflows { workflows[write.row.id] = WorkflowRecord(workflows[write.row.id], after: write) }
        if mutant != .timerTwice {
            timers[place, default: []].subtract(batch.workflows.flatMap(\.timersRemoved) + batch.timersRemoved)
        }
        timers[place, default: []].formUnion(batch.workflows.flatMap(\.timersAdded) + batch.timersAdded)
        for row in batch.schedules {
            let key = ScheduleRow.key(row.service, row.method)
            let ended = schedules[key]?.lastEndedAt
            schedules[key] = row
            schedules[key]?.lastEndedAt = ended
        }
        delayedSends += batch.delayedSends
        for result in batch.callResults { callResults[result.id] = .done(result, at: now) }
        for key in batch.scheduledEnds { schedules[key]?.lastEndedAt = batch.scheduledEndsAt }
        if mutant != .outboxApart || !world.chance(5) { insert(batch.outbox, lane: batch.lane) }
        return CommitReceipt(
            parkedIDs: park(batch), deadLetterIDs: batch.deadLetters.map { bury($0, $0.place ?? place) })
    }

    private func bury(_ letter: NewDeadLetter, _ place: PartitionID) -> Int64 {
        buried += 1
        deadLetters.append(
            DeadLetter(
                id: buried, status: .open, place: place, offset: letter.offset, service: letter.service,
                method: letter.method, key: letter.key, messageID: letter.messageID, type: letter.type,
                source: letter.source, attempts: letter.attempts, errorCode: letter.error.code.rawValue,
                errorMessage: letter.error.message, failedAt: now, payload: letter.payload, headers: letter.headers))
        return buried
    }

    // MARK: Parked messages

    private func park(_ batch: BatchCommit) -> [Int64] {
        let done = Set(batch.parkedDone)
        var touched: [StateKey] = []
        parked.removeAll { row in
            guard row.place == batch.partition, done.contains(row.message.id) else { return false }
            touched.append(row.message.stateKey)
            return true
        }
        for key in touched {
            let next = parked.indices.first {
                parked[$0].place == batch.partition && parked[$0].message.stateKey == key
            }
            if let next, parked[next].message.due == nil { parked[next].message.due = now }
        }
        for again in batch.parkedAgain {
            for index in parked.indices where parked[index].message.id == again.id {
                parked[index].message.attempts = again.attempts
                parked[index].message.due = again.due
            }
        }
        var ids: [Int64] = []
        for new in batch.parked {
            world.note(
                "\(SimGuests.id(in: new.message.data) ?? "") is parked as \(nextParkedID), due \(new.due.map { "\($0)" } ?? "behind another")"
            )
            ids.append(nextParkedID)
            parked.append(
                Parked(
                    place: batch.partition,
                    message: ParkedMessage(
                        id: nextParkedID, offset: new.offset, service: new.service, method: new.method, key: new.key,
                        message: new.message, attempts: new.attempts, due: new.due, parkedAt: new.firstRunAt ?? now)))
            nextParkedID += 1
        }
        return ids
    }

    private func due(_ place: PartitionID) -> [Parked] {
        parked.filter { $0.place == place && ($0.message.due != nil || mutant == .parkedOrder) }
    }

    /// `mesh.due_parked` and `mesh.next_due`.
    func dueParked(_ place: PartitionID, at time: Timestamp, limit: Int, excluding: Set<StateKey>) -> DueParked {
        let rows = due(place).map(\.message)
        var ready = rows.filter { ($0.due ?? time) <= time && !excluding.contains($0.stateKey) }
            .sorted { ($0.due ?? time, $0.id) < ($1.due ?? time, $1.id) }
        if mutant == .parkedOrder { ready = heads(ready.reversed()) }
        let taken = Array(ready.prefix(limit))
        let ids = Set(taken.map(\.id))
        return DueParked(
            messages: taken, nextDue: rows.filter { !ids.contains($0.id) }.compactMap(\.due).min())
    }

    private func heads(_ messages: [ParkedMessage]) -> [ParkedMessage] {
        var seen: Set<StateKey> = []
        return messages.filter { seen.insert($0.stateKey).inserted }
    }

    func followers(_ place: PartitionID, of key: StateKey, after id: Int64, limit: Int) -> [ParkedMessage] {
        let rows = parked.filter { $0.place == place && $0.message.stateKey == key }.map(\.message)
        if mutant == .parkedOrder { return Array(rows.filter { $0.id != id }.reversed().prefix(limit)) }
        return Array(rows.filter { $0.id > id }.prefix(limit))
    }

    // MARK: Timers

    func dueTimers(_ place: PartitionID, at time: Timestamp, limit: Int, excluding: Set<WorkflowID>) -> DueTimers {
        let all = timers[place] ?? []
        let due = all.filter { $0.due <= time && !excluding.contains($0.workflow) }
            .sorted {
                ($0.due, $0.workflow, $0.operation.run, $0.operation.op, $0.kind.rawValue)
                    < ($1.due, $1.workflow, $1.operation.run, $1.operation.op, $1.kind.rawValue)
            }
        let taken = Array(due.prefix(limit))
        let next = all.map(\.due).filter { $0 > time }.min()
        return DueTimers(timers: taken, nextDue: taken.count < limit ? next : time)
    }
}
