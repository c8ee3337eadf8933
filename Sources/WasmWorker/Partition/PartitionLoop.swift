import Kafka
import MeshCore
import Outbox
import Synchronization

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
    let environment: PartitionEnvironment
    let callbacks: Callbacks
    let mailbox = Mailbox<PartitionEvent>()
    private let intake: Mutex<Intake>
    let log = Log("worker")
    /// Rows are handed over in the order of the lane.
    let publishing = SerialTasks()
    /// Reports in the order of the lane: brokers answer in any order, and an acknowledgement speaks for everything below it.
    let acknowledging = SerialTasks()
    /// Rows were lost on their way: what was committed behind them is left to the next claim.
    let isPublishingOver = Atomic<Bool>(false)

    init(_ id: PartitionID, environment: PartitionEnvironment, callbacks: Callbacks) {
        self.id = id
        self.environment = environment
        self.callbacks = callbacks
        intake = Mutex(Intake(environment.limits))
    }

    func post(_ event: PartitionEvent) { mailbox.post(event) }

    /// Hands records of its partition over, in log order.
    func deliver(_ records: [KafkaRecord]) {
        note { $0.posted(records) }
        post(.fetched(records))
    }

    /// Notes a change of what it holds, and asks for a pause, or for its end, where that changes the answer; within the lock, so that the last word is
    /// the right one.
    private func note(_ change: (inout Intake) -> Void) {
        intake.withLock { intake in
            let wasFull = intake.isFull
            change(&intake)
            if intake.isFull != wasFull { intake.isFull ? callbacks.pause() : callbacks.resume() }
        }
    }

    /// Claims the partition, publishes what its last owner left, and works until it is stopped or loses the partition.
    ///
    /// `ends` tells where the log begins and ends at the moment, `isWanted` whether the partition is this worker's still: a claim takes it from whoever
    /// has it now.
    func run(ends: () async throws -> Watermarks, isWanted: () -> Bool = { true }) async -> End {
        var claim: PartitionClaim
        let publisher: any LanePublisher
        var logEnd: Int64
        do {
            let brokerEpoch = try await environment.brokerLoss?.epoch()
            let marks = try await ends()
            logEnd = marks.high
            guard isWanted() else { return .stopped }
            claim = try await environment.store.claim(id, owner: environment.owner, logStart: marks.low)
            // Its last owner may have gone on since that was asked (and this process may have stood still). Now nobody does any more.
            var doubt = EndDoubt(position: claim.nextOffset, isLogVolatile: environment.isLogVolatile, now: .now)
            while claim.nextOffset > logEnd {
                guard isWanted() else { return .stopped }
                let asked = ContinuousClock.now
                logEnd = try await ends().high
                if doubt.isLost(end: logEnd, asked: asked) {
                    if let brokerEpoch { try await environment.brokerLoss?.reset(id, brokerEpoch) }
                    return .lost(reason: doubt.reason(logEnd))
                }
                guard claim.nextOffset > logEnd else { break }
                // A loss that another one has found needn't be told.
                guard try await environment.brokerLoss?.epoch() == brokerEpoch else {
                    return .lost(reason: doubt.reason(logEnd))
                }
                try await Task.sleep(for: EndDoubt.pause)
            }
            if claim.nextOffset < marks.low { claim = try await passGap(claim, to: marks.low) }
            publisher = try environment.publisher.open()
            try await publishLeftovers(of: claim, with: publisher)
        } catch {
            return .lost(reason: "\(error)")
        }
        var state = LoopState(
            machine: PartitionMachine(
                id, claim: claim, partitionCount: environment.partitionCount,
                isLogVolatile: environment.isLogVolatile, logEnd: logEnd, limits: environment.limits,
                generator: SystemRandomNumberGenerator()),
            lane: OpenLane(claim: claim.lane, publisher: publisher), alarm: Alarm { [mailbox] in mailbox.post(.tick) },
            catalog: environment.catalog.current)
        callbacks.ready(claim.nextOffset)
        var end: End?
        // Parked messages may be due before any record comes.
        mailbox.post(.deployed)
        await mailbox.consume { events in
            guard end == nil else { return }
            let now = Timestamp.now
            state.catalog = environment.catalog.current
            // The service has gone, to another pool or out of force, or hears this event no more. What isn't begun is for whoever runs it next.
            if !state.catalog.serves(id) { state.machine.isDraining = true }
            for event in events {
                end = end ?? apply(event, to: &state, now: now)
            }
            if end == nil { perform(state.machine.actions(now: now), &state, now: now) }
            if end == nil, state.machine.isDraining, state.machine.isQuiet { end = .stopped }
            if end != nil { mailbox.close() }
        }
        state.alarm.stop()
        forgetUncertain(state)
        return end ?? .stopped
    }

    /// The lane under this claim, and what alone may publish it for as long as that lasts.
    struct OpenLane {
        let claim: LaneClaim
        let publisher: any LanePublisher
    }

    /// What the loop's task keeps.
    struct LoopState {
        var machine: PartitionMachine
        let lane: OpenLane
        var alarm: Alarm
        /// What was in force when the events at hand were taken up.
        var catalog: ServiceCatalog
        /// When the commit under way began.
        var commitBegan: ContinuousClock.Instant?
    }

    // MARK: Events

    private func apply(_ event: PartitionEvent, to state: inout LoopState, now: Timestamp) -> End? {
        switch event {
        case .fetched(let records):
            note { $0.taken(records) }
            // For good, though the service be back by now: what was passed over would be a gap in the log to what comes behind it, and count as done.
            guard !state.machine.isDraining else { return nil }
            let routed = records.map { state.catalog.route($0, for: id, now: now) }
            state.machine.fetched(routed, known: environment.states.entries(for: routed.lazy.map(\.stateKey)))
        case .loaded(let result, let contents): takeIn(result, contents: contents, &state)
        case .ran(let result): state.machine.ran([result])
        case .commitTurn(let turn): makeCommit(turn, &state, now: now)
        case .commitEnded(let result): return commitEnded(result, &state, now: now)
        case .parkedLoaded(let rows, let cutShort, let nextDue):
            let executions = rows.mapValues { $0.compactMap { state.catalog.execution(of: $0, for: id) } }
            state.machine.parkedLoaded(
                executions.filter { !$0.value.isEmpty }, cutShort: cutShort, nextDue: nextDue, now: now)
        case .timersLoaded(let due):
            let catalog = state.catalog
            state.machine.timersLoaded(due.timers.map { catalog.execution(of: $0, now: now) }, nextDue: due.nextDue)
        case .deployed:
            for execution in state.catalog.looks(for: id, of: environment.partitionCount, now: now) {
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

    // MARK: Actions

    private func perform(_ actions: [PartitionAction], _ state: inout LoopState, now: Timestamp) {
        for action in actions {
            switch action {
            case .load(let ids, let keys, let parked, let contents):
                load(ids: ids, states: keys, parked: parked, contents: contents, epoch: state.machine.epoch)
            case .run(let runs): start(runs, by: state.catalog)
            case .requestCommit: environment.gate.enter { [mailbox] turn in mailbox.post(.commitTurn(turn)) }
            case .loadParked(let limit, let excluding): loadParked(limit: limit, excluding: excluding, now: now)
            case .loadTimers(let limit, let excluding): loadTimers(limit: limit, excluding: excluding, now: now)
            case .pauseFetching: note { $0.isMachineFull = true }
            case .resumeFetching: note { $0.isMachineFull = false }
            case .wake(let time): state.alarm.set(time, now: now)
            }
        }
    }

    private func start(_ runs: [KeyRun], by catalog: ServiceCatalog) {
        // Only where events come to the service too may another partition have written a key that this one has kept.
        let isShared = catalog.services[id.group].map { !$0.handlers.isEmpty } ?? true
        environment.pool.submit(
            runs.map { run in
                // Itself, which is one reference, in place of the many that its parts have.
                { [self] in
                    var run = run
                    if isShared { environment.states.renew(&run.states) }
                    let result = catalog.run(run)
                    environment.metrics.ran(result, now: .now)
                    mailbox.post(.ran(result))
                }
            })
    }
}
