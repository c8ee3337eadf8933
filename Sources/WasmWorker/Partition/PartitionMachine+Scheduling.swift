import MeshCore
import Outbox
import Schemas

extension PartitionMachine {
    /// What to do now; called after each event or group of events, and when the clock reaches a `wake`.
    mutating func actions(now: Timestamp) -> [PartitionAction] {
        var actions: [PartitionAction] = []
        if let load = nextLoad() { actions.append(load) }
        var wakeAt: Timestamp?
        let runs = schedule(now: now, wakeAt: &wakeAt)
        if !runs.isEmpty { actions.append(.run(runs)) }
        if isCommitDue(now: now, wakeAt: &wakeAt) {
            commit = .requested
            actions.append(.requestCommit)
        }
        if let due = nextParkedAt, !isLoadingParked, !isDraining {
            if due <= now {
                isLoadingParked = true
                parkedChangedSinceFetch = []
                parkedExpectedSinceFetch = nil
                actions.append(.loadParked(limit: limits.parkedFetchMax, excluding: keysWithParkedInMemory()))
            } else {
                wakeAt = min(wakeAt ?? due, due)
            }
        }
        if let fetch = timerFetch(now: now, wakeAt: &wakeAt) { actions.append(fetch) }
        if let change = fetchChange() { actions.append(change) }
        if let wakeAt { actions.append(.wake(at: wakeAt)) }
        return actions
    }

    /// Takes the runs that may start, in the order their keys became candidates.
    private mutating func schedule(now: Timestamp, wakeAt: inout Timestamp?) -> [KeyRun] {
        // What is acknowledged comes as an event, and then they are looked at again.
        guard !isDraining, hasRoomInLane else { return [] }
        var runs: [KeyRun] = []
        var kept: [StateKey] = []
        for key in candidates {
            guard runningExecutions < limits.runningMax else {
                kept.append(key)
                continue
            }
            switch takeRun(of: key, now: now) {
            case .run(let run): runs.append(run)
            case .later(let time):
                if let time { wakeAt = min(wakeAt ?? time, time) }
                kept.append(key)
            case .nothing: break
            }
        }
        candidates = kept
        return runs
    }

    private enum Taken {
        case run(KeyRun)
        /// It can't start yet; at the given time it can, if nothing else happens before.
        case later(Timestamp?)
        case nothing
    }

    private mutating func takeRun(of key: StateKey, now: Timestamp) -> Taken {
        guard let place = queues.index(forKey: key) else { return .nothing }
        let queue = queues.values[place]
        guard !queue.isBusy else {
            queues.values[place].isCandidate = false
            return .nothing
        }
        if queue.parked.isEmpty, parkedCounts[key] ?? 0 > 0 {
            // Others of this key wait for another attempt: these go behind them.
            for execution in queue.waiting { finish(.follower(execution)) }
            queues.remove(at: place)
            return .nothing
        }
        let source = queue.parked.isEmpty ? queue.waiting : queue.parked
        guard let first = source.first else {
            queues.remove(at: place)
            return .nothing
        }
        if queue.parked.isEmpty, let time = batchReadyAt(queue, now: now), time > now { return .later(time) }
        let (count, states) = claimPrefix(of: source, alone: queue.runsAlone)
        guard count > 0 else { return .later(nil) }
        // Nearly always all of them, and then nothing is copied.
        let taken = count == source.count ? source : Array(source.prefix(count))
        let left = count == source.count ? [] : Array(source.dropFirst(count))
        if queue.parked.isEmpty {
            queues.values[place].waiting = left
            queues.values[place].waitingSince = left.first?.firstRunAt ?? now
        } else {
            queues.values[place].parked = left
        }
        queues.values[place].isBusy = true
        queues.values[place].isCandidate = false
        nextRunID += 1
        runningExecutions += count
        return .run(KeyRun(id: nextRunID, orderKey: first.orderKey, executions: taken, states: states))
    }

    /// How many executions of the queue's head can run together: their states are loaded and no other run touches them. They are this run's from now on.
    private mutating func claimPrefix(of executions: [Execution], alone: Bool) -> (count: Int, states: RunStates) {
        var claimed = RunStates()
        guard let first = executions.first else { return (0, claimed) }
        var (count, bytes) = (0, 0)
        let most = alone ? 1 : first.handler.kind.isWorkflowInput ? limits.activationMax : limits.keyRunMax
        let list = alone ? nil : first.handler.batch
        for execution in executions.prefix(max(most, list?.maximumItems ?? 0)) {
            if list != nil { bytes += execution.message.data.count }
            // More than that as one list of a batch handler's alone.
            guard count < most || (execution.stateKey == first.stateKey && bytes <= list?.maximumBytes ?? 0),
                claimState(of: execution, for: &claimed)
            else { break }
            count += 1
        }
        return (count, claimed)
    }

    /// Takes the state of an execution for a run, unless it has it already; false where it isn't loaded or another run has it.
    private mutating func claimState(of execution: Execution, for run: inout RunStates) -> Bool {
        let needsContents = execution.handler.kind.needsContents
        if let entry = run[execution.stateKey] { return !needsContents || entry.contents != nil }
        guard let place = states.index(forKey: execution.stateKey), var entry = states.values[place].entry,
            !states.values[place].isBusy, !needsContents || states.values[place].contents != nil
        else { return false }
        entry.contents = states.values[place].contents
        run[execution.stateKey] = entry
        states.values[place].isBusy = true
        return true
    }

    /// When a batch handler's queue is ready at the latest; nil when it is ready now or isn't a batch handler's.
    private func batchReadyAt(_ queue: KeyQueue, now: Timestamp) -> Timestamp? {
        // Where nothing more is fetched there is nothing to wait for.
        guard let batch = queue.waiting.first?.handler.batch, !isPaused, !isFull,
            queue.waiting.count < batch.maximumItems,
            queue.waiting.reduce(0, { $0 + $1.message.data.count }) < batch.maximumBytes
        else { return nil }
        return queue.waitingSince.advanced(by: batch.maximumTime).within(batch.maximumTime, of: now)
    }

    private var isFull: Bool {
        open.count >= limits.queuedMax || queuedBytes >= limits.queuedBytesMax
            || offsets.span >= OffsetTracker.spanMax - 256
    }

    /// Pauses fetching at a bound and resumes it below half of it.
    private mutating func fetchChange() -> PartitionAction? {
        if !isPaused, isFull {
            isPaused = true
            return .pauseFetching
        }
        if isPaused, open.count <= limits.queuedMax / 2, queuedBytes <= limits.queuedBytesMax / 2,
            offsets.span <= OffsetTracker.spanMax / 2
        {
            isPaused = false
            return .resumeFetching
        }
        return nil
    }

    private func isCommitWorthwhile(now: Timestamp) -> Bool {
        runningExecutions == 0 || finishedWeight >= limits.batchMax / 2
            || (finishedSince.map { $0.advanced(by: limits.commitLinger) <= now } ?? false)
    }

    private mutating func isCommitDue(now: Timestamp, wakeAt: inout Timestamp?) -> Bool {
        guard case .idle = commit else { return false }
        if let time = commitRetryAt?.within(limits.commitRetryMax, of: now), time > now {
            wakeAt = min(wakeAt ?? time, time)
            return false
        }
        if !bisection.isEmpty { return true }
        if finished.isEmpty, hasUnstoredAcknowledgement,
            let due = acknowledgementDueAt?.within(limits.acknowledgementDelay, of: now)
        {
            if due <= now || isDraining { return true }
            wakeAt = min(wakeAt ?? due, due)
        }
        guard !finished.isEmpty else { return false }
        let since = min(finishedSince ?? now, now)
        finishedSince = since
        if isCommitWorthwhile(now: now) { return true }
        let due = since.advanced(by: limits.commitLinger)
        wakeAt = min(wakeAt ?? due, due)
        return false
    }
}

extension Timestamp {
    /// The time itself, or where it lies further ahead of `now` than it can, since the clock was set back: so far ahead.
    fileprivate func within(_ limit: Duration, of now: Timestamp) -> Timestamp { min(self, now.advanced(by: limit)) }
}
