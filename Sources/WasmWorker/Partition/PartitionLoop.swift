import Kafka
import MeshCore
import Outbox

/// Owns one partition for one service: claims it, feeds its machine and does what the machine says.
///
/// Everything happens in the order of the mailbox, in one task. A loop lives for one claim: when it is fenced, or when it
/// can't be known whether a commit took effect, it ends with `.lost` and its feed makes a new one.
final class PartitionLoop: Sendable {
    /// How a loop ended.
    enum End: Sendable {
        /// It was told to stop.
        case stopped
        /// It has to be claimed again.
        case lost(reason: String)
    }

    /// What a loop tells its feed.
    struct Callbacks: Sendable {
        /// Claimed: fetching may begin at this offset.
        var ready: @Sendable (_ nextOffset: Int64) -> Void
        var pause: @Sendable () -> Void
        var resume: @Sendable () -> Void
        /// The stored position has moved.
        var progressed: @Sendable (_ nextOffset: Int64) -> Void
    }

    let id: PartitionID
    private let environment: PartitionEnvironment
    private let callbacks: Callbacks
    private let mailbox = Mailbox<PartitionEvent>()
    private let log = Log("worker")

    init(_ id: PartitionID, environment: PartitionEnvironment, callbacks: Callbacks) {
        self.id = id
        self.environment = environment
        self.callbacks = callbacks
    }

    func post(_ event: PartitionEvent) { mailbox.post(event) }

    /// Claims the partition, publishes what its last owner left, and works until it is stopped or loses the partition.
    ///
    /// `ends` tells where the log begins and ends at the moment.
    func run(ends: () async throws -> Watermarks) async -> End {
        let claim: PartitionClaim
        var logEnd: Int64
        do {
            let marks = try await ends()
            logEnd = marks.high
            claim = try await environment.store.claim(id, owner: environment.owner, logStart: marks.low)
            // Its last owner may have gone on since that was asked (and this process may have stood still). Now nobody does any more.
            if claim.nextOffset > logEnd { logEnd = try await ends().high }
            guard claim.nextOffset <= logEnd else {
                try await environment.logIsBehind(id, claim, logEnd)
                return .lost(reason: "the log ends at \(logEnd), before the stored position \(claim.nextOffset)")
            }
            try await publishLeftovers(of: claim)
        } catch {
            return .lost(reason: "\(error)")
        }
        var state = LoopState(
            machine: PartitionMachine(
                id, claim: claim, partitionCount: environment.partitionCount,
                isLogVolatile: environment.isLogVolatile, logEnd: logEnd, limits: environment.limits,
                generator: SystemRandomNumberGenerator()),
            lane: claim.lane, alarm: Alarm { [mailbox] in mailbox.post(.tick) })
        callbacks.ready(claim.nextOffset)
        var end: End?
        // Parked messages may be due before any record comes.
        mailbox.post(.deployed)
        await mailbox.consume { events in
            guard end == nil else { return }
            let now = Timestamp.now
            for event in events {
                end = end ?? apply(event, to: &state, now: now)
            }
            if end == nil { perform(state.machine.actions(now: now), &state, now: now) }
            if end == nil, state.machine.isDraining, state.machine.isQuiet { end = .stopped }
            if end != nil { mailbox.close() }
        }
        state.alarm.stop()
        return end ?? .stopped
    }

    /// What the loop's task keeps.
    struct LoopState {
        var machine: PartitionMachine
        let lane: LaneClaim
        var alarm: Alarm
    }

    // MARK: Leftovers

    /// The lane's rows that the last owner may not have published, in order, before anything new.
    private func publishLeftovers(of claim: PartitionClaim) async throws {
        var sequence = claim.lane.acknowledgedSequence
        var count = 0
        while sequence < claim.lane.nextSequence - 1 {
            let rows = try await environment.store.unpublished(lane: claim.lane.id, above: sequence, limit: 1000)
            guard let last = rows.last else { break }
            sequence = last.sequence
            count += rows.count
            try await publish(rows, lane: claim.lane)
        }
        if count > 0 { log.info("published what the last owner left", ["partition": "\(id)", "messages": "\(count)"]) }
        // Sequences may have gaps, so the lane is acknowledged up to its end; after the rows, none of which may be lost.
        acknowledging.append { [mailbox] in
            mailbox.post(.published(upTo: claim.lane.nextSequence - 1, refused: []))
        }
    }

    private func publish(_ rows: [OutboxRow], lane: LaneClaim) async throws {
        guard let last = rows.last else { return }
        let publication = try await environment.publisher.publish(rows, lane: lane.id, epoch: lane.epoch)
        acknowledging.append { [self] in
            do {
                try await publication.acknowledged()
                let refusals = publication.refusals
                // A broker that lost everything loses the topics too: nothing is refused, but published anew after its reset. A topic that
                // stays away is one that somebody made up (`mesh_answer_to`), and mustn't hold the partition up for ever.
                if environment.isLogVolatile {
                    let patience = environment.topicPatience
                    let missing = refusals.filter(\.isTopicMissing).map(\.row.topic)
                    if let topic = missing.first(where: { !patience.isExhausted($0) }) {
                        return mailbox.post(.fault("publishing: the topic \(topic) is missing"))
                    }
                    patience.forget(rows.lazy.map(\.topic).filter { !missing.contains($0) })
                }
                let refused = refusals.map { refusal in
                    let topic = refusal.row.topic
                    return (
                        row: refusal.row,
                        error: MeshError(
                            .communicationFailure, "Kafka refuses the message for \(topic): \(refusal.reason)")
                    )
                }
                mailbox.post(.published(upTo: last.sequence, refused: refused))
            } catch {
                mailbox.post(.fault("publishing: \(error)"))
            }
        }
    }

    /// Reports in the order of the lane: brokers answer in any order, and an acknowledgement speaks for everything below it.
    private let acknowledging = SerialTasks()

    // MARK: Events

    private func apply(_ event: PartitionEvent, to state: inout LoopState, now: Timestamp) -> End? {
        switch event {
        case .fetched(let records):
            let catalog = environment.catalog.current
            state.machine.fetched(records.map { catalog.route($0, for: id, now: now) })
        case .loaded(let result, let contents): takeIn(result, contents: contents, &state)
        case .ran(let result): state.machine.ran([result])
        case .commitTurn(let turn): makeCommit(turn, &state, now: now)
        case .commitEnded(let result): return commitEnded(result, &state, now: now)
        case .parkedLoaded(let rows, let nextDue):
            let catalog = environment.catalog.current
            let executions = rows.mapValues { $0.compactMap { catalog.execution(of: $0, for: id) } }
            state.machine.parkedLoaded(executions.filter { !$0.value.isEmpty }, nextDue: nextDue)
        case .timersLoaded(let due):
            let catalog = environment.catalog.current
            state.machine.timersLoaded(due.timers.map { catalog.execution(of: $0, now: now) }, nextDue: due.nextDue)
        case .deployed:
            for execution in environment.catalog.current.looks(for: id, of: environment.partitionCount, now: now) {
                state.machine.arrive(execution)
            }
        case .published(let sequence, let refused):
            for (row, error) in refused { log.error(error.message, ["messageId": row.message.id]) }
            state.machine.published(upTo: sequence, refused: refused, now: now)
        case .tick: state.alarm.rang()
        case .drain: state.machine.isDraining = true
        case .abandon: return .stopped
        case .fault(let reason): return .lost(reason: reason)
        }
        return nil
    }

    private func takeIn(_ result: LoadResult, contents: [StateKey], _ state: inout LoopState) {
        var found: [StateKey: KeyContents] = [:]
        for key in contents {
            found[key] = KeyContents(workflow: result.workflows[key], schedule: result.schedules[key])
        }
        state.machine.loaded(
            knownIDs: result.knownIDs,
            states: result.state.mapValues { StateEntry(version: $0.version, data: $0.version == 0 ? nil : $0.data) },
            parked: result.parked, contents: found)
    }

    private func makeCommit(_ turn: CommitTurn, _ state: inout LoopState, now: Timestamp) {
        guard let batch = state.machine.makeCommit(now: now) else { return }
        Task { [environment, mailbox] in
            let started = ContinuousClock.now
            do throws(StoreError) {
                let receipt = try await environment.store.commit(batch)
                turn.end()
                environment.metrics.committed(batch, in: ContinuousClock.now - started)
                mailbox.post(.commitEnded(.success(receipt)))
            } catch {
                turn.end()
                mailbox.post(.commitEnded(.failure(error)))
            }
        }
    }

    private func commitEnded(_ result: Result<CommitReceipt, StoreError>, _ state: inout LoopState, now: Timestamp)
        -> End?
    {
        switch result {
        case .success:
            guard let batch = state.machine.committed(now: now) else { return nil }
            environment.states.store(
                Dictionary(
                    batch.stateWrites.map {
                        ($0.key, StateEntry(version: $0.data == nil ? 0 : $0.newVersion, data: $0.data))
                    },
                    uniquingKeysWith: { $1 }))
            environment.workflows.store(state.machine.takeCommittedWorkflows(), epoch: state.machine.epoch)
            callbacks.progressed(batch.nextOffset)
            startPublishing(batch.outbox, state.lane)
            return nil
        case .failure(let error): return commitFailed(error, &state, now: now)
        }
    }

    private func commitFailed(_ error: StoreError, _ state: inout LoopState, now: Timestamp) -> End? {
        do throws(PartitionStuckError) {
            switch error {
            case .fenced(let message): return .lost(reason: "fenced: \(message)")
            case .connectionLost(let message, _): return .lost(reason: message)
            case .other(let message, _): return .lost(reason: message)
            case .stateConflict(let keys):
                environment.states.forget(keys)
                environment.workflows.forget(keys)
                environment.metrics.conflicts.add(1)
                try state.machine.commitFailed(.stateConflict(keys), now: now)
            case .duplicateInbox(let ids): try state.machine.commitFailed(.duplicateIDs(ids), now: now)
            case .dataRefused(let message, _):
                log.warning("Postgres refuses a batch: \(message); looking for the culprit", ["partition": "\(id)"])
                try state.machine.commitFailed(.refused(message), now: now)
            case .transient(let message, _):
                try state.machine.commitFailed(.transient, now: now)
                // Deadlocks come and go; what stays is said, about once a minute.
                if [3, 10].contains(state.machine.transientFailures) || state.machine.transientFailures % 60 == 0 {
                    log.warning(
                        "Postgres doesn't take a batch: \(message); trying again",
                        ["partition": "\(id)", "attempts": "\(state.machine.transientFailures)"])
                }
            }
            return nil
        } catch {
            return .lost(reason: "not even the dead letter can be stored: \(error)")
        }
    }

    /// Hands rows over in order: each commit's task waits for the one before.
    private func startPublishing(_ rows: [OutboxRow], _ lane: LaneClaim) {
        guard !rows.isEmpty else { return }
        publishing.append { [self] in
            do { try await publish(rows, lane: lane) } catch { mailbox.post(.fault("publishing: \(error)")) }
        }
    }

    private let publishing = SerialTasks()

    // MARK: Actions

    private func perform(_ actions: [PartitionAction], _ state: inout LoopState, now: Timestamp) {
        for action in actions {
            switch action {
            case .load(let ids, let keys, let parked, let contents):
                load(ids: ids, states: keys, parked: parked, contents: contents, epoch: state.machine.epoch)
            case .run(let runs): start(runs)
            case .requestCommit: environment.gate.enter { [mailbox] turn in mailbox.post(.commitTurn(turn)) }
            case .loadParked(let limit, let excluding): loadParked(limit: limit, excluding: excluding, now: now)
            case .loadTimers(let limit, let excluding): loadTimers(limit: limit, excluding: excluding, now: now)
            case .pauseFetching: callbacks.pause()
            case .resumeFetching: callbacks.resume()
            case .wake(let time): state.alarm.set(time, now: now)
            }
        }
    }

    private func load(
        ids: [String], states: [StateKey], parked: [StateKey], contents: [StateKey], epoch: Int64
    ) {
        var cached = environment.states.entries(for: states)
        let missing = states.filter { cached[$0] == nil }
        let schedules = contents.filter { ScheduleRow.method(ofKey: $0.key) != nil }
        let recent = contents.isEmpty ? [:] : environment.workflows.records(for: contents, epoch: epoch)
        let workflows = contents.filter { recent[$0] == nil && ScheduleRow.method(ofKey: $0.key) == nil }
        if ids.isEmpty, missing.isEmpty, parked.isEmpty, workflows.isEmpty, schedules.isEmpty {
            var result = LoadResult(state: cached.mapValues(StateRow.init))
            result.workflows = recent.compactMapValues(\.self)
            return mailbox.post(.loaded(result, contents: contents))
        }
        let known = cached
        cached = [:]
        let request = LoadRequest(
            partition: id, externalIDs: ids, stateKeys: missing, parkedKeys: parked,
            workflows: workflows, schedules: schedules)
        Task { [environment, mailbox] in
            do throws(StoreError) {
                var result = try await environment.store.load(request)
                for key in missing where result.state[key] == nil { result.state[key] = StateRow(version: 0, data: []) }
                for (key, entry) in known { result.state[key] = StateRow(entry) }
                for (key, record) in recent { result.workflows[key] = record }
                mailbox.post(.loaded(result, contents: contents))
            } catch {
                mailbox.post(.fault("loading: \(error)"))
            }
        }
    }

    private func start(_ runs: [KeyRun]) {
        let catalog = environment.catalog.current
        environment.pool.submit(
            runs.map { run in
                { [mailbox, environment] in
                    let result = catalog.run(run)
                    environment.metrics.ran(result, now: .now)
                    mailbox.post(.ran(result))
                }
            })
    }

    private func loadParked(limit: Int, excluding: Set<StateKey>, now: Timestamp) {
        Task { [environment, mailbox, id] in
            do throws(StoreError) {
                let due = try await environment.store.dueParked(id, at: now, limit: limit, excluding: excluding)
                var rows: [StateKey: [ParkedMessage]] = [:]
                for head in due.messages {
                    rows[head.stateKey] =
                        [head]
                        + (try await environment.store.parkedFollowers(
                            id, of: head.stateKey, after: head.id, limit: environment.limits.parkedPerKeyMax))
                }
                mailbox.post(.parkedLoaded(rows: rows, nextDue: due.nextDue))
            } catch {
                mailbox.post(.fault("reading parked messages: \(error)"))
            }
        }
    }

    private func loadTimers(limit: Int, excluding: Set<WorkflowID>, now: Timestamp) {
        Task { [environment, mailbox, id] in
            do throws(StoreError) {
                mailbox.post(
                    .timersLoaded(
                        try await environment.store.dueTimers(id, at: now, limit: limit, excluding: excluding)))
            } catch {
                mailbox.post(.fault("reading timers: \(error)"))
            }
        }
    }
}

extension StateRow {
    fileprivate init(_ entry: StateEntry) { self.init(version: entry.version, data: entry.data ?? []) }
}
