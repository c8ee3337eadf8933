import MeshCore

@testable import Outbox

extension SimDatabase {
    private func isFree(_ lane: Lane) -> Bool { lane.owner == nil || isLeaseOver(lane.leaseUntil) }

    /// `mesh.is_lease_over`.
    private func isLeaseOver(_ until: Int64) -> Bool { until < world.now || until > world.now + 60_000_000 }

    private func leased(_ id: Int64, _ owner: String, _ lease: Duration) -> RouterLane {
        lanes[id]?.owner = owner
        lanes[id]?.leaseEpoch += 1
        lanes[id]?.leaseUntil = now.advanced(by: lease).microseconds
        guard let lane = lanes[id] else { preconditionFailure("no lane") }
        return RouterLane(
            lane: LaneClaim(
                id: id, epoch: lane.epoch, nextSequence: lane.nextSequence, acknowledgedSequence: lane.acknowledged),
            leaseEpoch: lane.leaseEpoch, owner: owner)
    }

    /// `mesh.claim_router_lane`.
    func claimRouterLane(_ owner: String, _ lease: Duration, abandoned: Bool) -> RouterLane? {
        func hasRows(_ lane: Lane) -> Bool { lane.nextSequence - 1 > lane.acknowledged }
        let free = lanes.values.filter { $0.kind == .router && isFree($0) && (hasRows($0) || !abandoned) }
            .sorted { hasRows($0) == hasRows($1) ? $0.id < $1.id : hasRows($0) }
        if let chosen = free.first?.id { return leased(chosen, owner, lease) }
        return abandoned ? nil : leased(newLane(.router), owner, lease)
    }

    /// `mesh.claim_relay`.
    func claimRelay(_ owner: String, _ lease: Duration) -> RouterLane? {
        guard let lane = lanes[sqlLaneID], isFree(lane) else { return nil }
        return leased(sqlLaneID, owner, lease)
    }

    private func holds(_ lane: RouterLane) -> Bool {
        if mutant == .leaseIgnored { return true }
        guard let row = lanes[lane.lane.id] else { return false }
        return row.leaseEpoch == lane.leaseEpoch && row.owner != nil
    }

    private func fenced(_ lane: RouterLane) -> StoreError {
        .fenced("lane \(lane.lane.id) isn't leased under epoch \(lane.leaseEpoch) any more")
    }

    /// What is safe in the log; it never takes anything back.
    func acknowledge(_ sequence: Int64, lane id: Int64) {
        guard let known = lanes[id]?.acknowledged, known < sequence else { return }
        lanes[id]?.acknowledged = sequence
    }

    /// `mesh.renew_lane`; without a lease it is given back.
    func renew(_ lane: RouterLane, acknowledged: Int64, _ lease: Duration?) -> Result<Void, StoreError> {
        guard holds(lane) else { return .failure(fenced(lane)) }
        let id = lane.lane.id
        acknowledge(acknowledged, lane: id)
        lanes[id]?.leaseUntil = lease.map { now.advanced(by: $0).microseconds } ?? 0
        if lease == nil { lanes[id]?.owner = nil }
        return .success(())
    }

    func abandon(_ lane: RouterLane) -> AbandonedLane {
        let isOurs = lanes[lane.lane.id]?.leaseEpoch == lane.leaseEpoch
        if isOurs {
            lanes[lane.lane.id]?.owner = nil
            lanes[lane.lane.id]?.leaseEpoch += 1
        }
        return AbandonedLane(nextSequence: lanes[lane.lane.id]?.nextSequence ?? 1, wasOurs: isOurs)
    }

    /// `mesh.accept`.
    func accept(_ messages: [IngressMessage], lane: RouterLane, acknowledged: Int64)
        -> Result<[IngressOutcome], StoreError>
    {
        let first = lane.lane.nextSequence
        let id = lane.lane.id
        guard let row = lanes[id], holds(lane), row.nextSequence <= first || mutant == .leaseIgnored else {
            return .failure(fenced(lane))
        }
        var outcomes: [IngressOutcome] = []
        var rows: [OutboxRow] = []
        for (index, message) in messages.enumerated() {
            let row = OutboxRow(
                sequence: first + Int64(index), topic: message.topic, partition: message.partition,
                message: message.message)
            if let key = message.idempotency?.key {
                if let call = idempotency[key] {
                    outcomes.append(.repeated(callID: call))
                    continue
                }
                idempotency[key] = message.message.id
            }
            if message.message.extensions.keepsResult { callResults[message.message.id] = .pending(since: now) }
            if let due = message.message.extensions.due {
                outcomes.append(.delayed)
                delayedSends.append(DelayedSend(due: due, topic: message.topic, message: message.message))
                if let job = SimGuests.id(in: message.message.data) { model.accepted(job) }
                continue
            }
            outcomes.append(.accepted(row))
            rows.append(row)
        }
        lanes[id]?.nextSequence = max(row.nextSequence, first + Int64(messages.count))
        lanes[id]?.acknowledged = max(row.acknowledged, acknowledged)
        insert(rows, lane: id)
        model.stored(rows, lane: id)
        return .success(outcomes)
    }

    func bury(_ refusals: [LaneRefusal], lane: RouterLane) -> Result<Void, StoreError> {
        guard holds(lane) else { return .failure(fenced(lane)) }
        for refusal in refusals { model.buried(refusal.row.message.data, by: "the lane") }
        return .success(())
    }

    // MARK: Answers

    /// `mesh.lease_replies`.
    func leaseReplies(_ owner: String, partitions count: Int32, _ lease: Duration) -> ReplyLease? {
        func hold(_ partition: Int32) -> ReplyHold { replyLeases[partition] ?? ReplyHold() }
        let free = (0..<count).filter { hold($0).owner == nil || isLeaseOver(hold($0).until) }
        // Given back goes before run out.
        guard let partition = free.min(by: { (hold($0).until, $0) < (hold($1).until, $1) }) else { return nil }
        let epoch = hold(partition).epoch + 1
        replyLeases[partition] = ReplyHold(
            epoch: epoch, owner: owner, until: now.advanced(by: lease).microseconds)
        return ReplyLease(partition: partition, epoch: epoch, owner: owner)
    }

    /// `mesh.renew_replies`; without a duration the lease is given back.
    func renew(_ lease: ReplyLease, _ duration: Duration?) -> Result<Void, StoreError> {
        guard var hold = replyLeases[lease.partition], hold.epoch == lease.epoch, hold.owner != nil else {
            return .failure(.fenced("partition \(lease.partition) of mesh.replies isn't leased any more"))
        }
        hold.until = duration.map { now.advanced(by: $0).microseconds } ?? 0
        if duration == nil { hold.owner = nil }
        replyLeases[lease.partition] = hold
        return .success(())
    }

    /// Another router takes every partition, and dies.
    func leaseAllReplies() {
        for partition in replyLeases.keys {
            replyLeases[partition]?.epoch += 1
            replyLeases[partition]?.owner = "somebody"
            replyLeases[partition]?.until = now.advanced(by: .seconds(3)).microseconds
        }
    }

    func results(of ids: [String]) -> [String: CallState] {
        Dictionary(uniqueKeysWithValues: ids.map { ($0, callResults[$0] ?? .unknown) })
    }

    // MARK: The SQL lane

    func copy(_ rows: [OutboxRow], _ lease: RouterLane) -> Result<Void, StoreError> {
        guard holds(lease) else { return .failure(fenced(lease)) }
        let known = Set((outbox[sqlLaneID] ?? []).map(\.sequence))
        guard !rows.contains(where: { known.contains($0.sequence) }) else {
            return .failure(.dataRefused(message: "the row is there already", sqlstate: "23505"))
        }
        insert(rows, lane: sqlLaneID)
        return .success(())
    }

    /// A transaction of an application commits.
    func emit(_ message: RelayedMessage) { sqlLane.append(message) }

    /// `mesh.send_due`.
    func sendDue(_ lease: RouterLane, from start: Timestamp?, most: Int) -> Result<DueSends, StoreError> {
        let moment = mutant == .delayedEarly ? now.advanced(by: .seconds(1)) : now
        // Those due at the same time in the order in which they were stored.
        let due = delayedSends.enumerated()
            .filter { $0.element.due <= moment && $0.element.due >= start ?? Timestamp(microseconds: .min) }
            .sorted { ($0.element.due, $0.offset) < ($1.element.due, $1.offset) }.prefix(most)
        if !due.isEmpty, !holds(lease) { return .failure(fenced(lease)) }
        for (_, send) in due {
            world.note("\(SimGuests.id(in: send.message.data) ?? "") is due")
            emit(RelayedMessage(topic: send.topic, message: send.message))
        }
        if mutant != .delayedTwice || !world.chance(20) {
            let sent = Set(due.map(\.offset))
            delayedSends = delayedSends.indices.filter { !sent.contains($0) }.map { delayedSends[$0] }
        }
        let next = delayedSends.map(\.due).min()
        return .success(
            DueSends(
                sent: due.count, lastDue: due.last?.element.due,
                nextIn: next.map { .microseconds(max(0, $0.microseconds - now.microseconds)) }))
    }

    /// `mesh.relay_tick`: snapshots are counts here, since this transaction commits in an instant.
    func tick(_ cursor: inout RelayCursor, _ lease: RouterLane, done: Int64, page: Int)
        -> Result<RelayPage?, StoreError>
    {
        let seen = Int(cursor.seen) ?? 0
        guard sqlLane.count > seen else { return .success(nil) }
        guard holds(lease) else { return .failure(fenced(lease)) }
        let number = cursor.tick + 1
        guard !ticks.contains(where: { $0.number == number }) else {
            return .failure(.dataRefused(message: "the tick is there already", sqlstate: "23505"))
        }
        ticks.append(
            Tick(
                number: number, firstSequence: cursor.nextSequence, acknowledged: done, from: seen,
                upTo: sqlLane.count))
        cursor.tick = number
        cursor.seen = String(sqlLane.count)
        return .success(self.page(number, after: RelayPlace(), limit: page))
    }

    /// `mesh.relay_page`.
    func page(_ number: Int64, after place: RelayPlace, limit: Int) -> RelayPage {
        guard let tick = ticks.first(where: { $0.number == number }) else {
            return RelayPage(messages: [], end: place, isLast: true)
        }
        let from = max(tick.from, Int(place.id))
        let end = min(tick.upTo, from + limit)
        guard from < end else { return RelayPage(messages: [], end: place, isLast: true) }
        return RelayPage(
            messages: Array(sqlLane[from..<end]), end: RelayPlace(transaction: Int64(end), id: Int64(end)),
            isLast: end - from < limit)
    }

    /// `mesh.relay_recovery`.
    func recovery() -> [RecoveredTick] {
        let done = ticks.map(\.acknowledged).max() ?? 0
        let needed = ticks.last { $0.firstSequence <= done + 1 }?.number ?? ticks.first?.number ?? 0
        let from = mutant == .ticksForgotten ? ticks.last?.number ?? 0 : needed
        return ticks.filter { $0.number >= from }.map {
            RecoveredTick(
                number: $0.number, upTo: String($0.upTo), firstSequence: $0.firstSequence, doneSequence: done)
        }
    }
}
