import MeshCore
import Outbox

extension PartitionMachine {
    /// Asks for what is due, as far as there is room.
    mutating func timerFetch(now: Timestamp, wakeAt: inout Timestamp?) -> PartitionAction? {
        guard let due = nextTimerAt, !isLoadingTimers, !isDraining else { return nil }
        guard due <= now else {
            wakeAt = min(wakeAt ?? due, due)
            return nil
        }
        guard openTimers.count <= limits.timersMax / 2 else { return nil }
        isLoadingTimers = true
        timersRemovedSinceFetch = []
        timerExpectedSinceFetch = nil
        let excluded = Set(openTimers.map(\.workflow))
        hasExcludedTimers = !excluded.isEmpty
        return .loadTimers(limit: limits.timersMax - openTimers.count, excluding: excluded)
    }

    /// Timers that were due, in the order of their time; their executions wait for their turn as records do.
    mutating func timersLoaded(_ executions: [Execution], nextDue: Timestamp?) {
        isLoadingTimers = false
        nextTimerAt = [nextDue, timerExpectedSinceFetch].compactMap(\.self).min()
        timerExpectedSinceFetch = nil
        for execution in executions {
            guard let timer = execution.timer, !timersRemovedSinceFetch.contains(timer),
                openTimers.insert(timer).inserted
            else { continue }
            arrive(execution)
        }
    }

    /// Queues an execution that is no record, behind those that have arrived.
    mutating func arrive(_ execution: Execution) {
        arrivals.append(
            FetchedRecord(offset: -1, byteCount: 0, stamp: nil, inboxID: nil, content: .execution(execution)))
    }

    /// Notes that a timer is due at `time`.
    mutating func expectTimer(at time: Timestamp) {
        nextTimerAt = min(nextTimerAt ?? time, time)
        if isLoadingTimers { timerExpectedSinceFetch = min(timerExpectedSinceFetch ?? time, time) }
    }

    /// What a commit did to timers: those that fired are gone, others may have come.
    mutating func endTimers(of batch: BatchCommit, units: [CommitUnit], now: Timestamp) {
        var ended = false
        for unit in openTimers.isEmpty ? [] : units {
            let executions: [Execution] =
                switch unit {
                case .run(let result): result.executions
                case .follower(let execution): [execution]
                case .record, .undeliverable: []
                }
            for case let timer? in executions.map(\.timer) {
                openTimers.remove(timer)
                ended = true
            }
        }
        for timer in batch.timersAdded { expectTimer(at: timer.due) }
        for timer in batch.workflows.lazy.flatMap(\.timersAdded) { expectTimer(at: timer.due) }
        if isLoadingTimers {
            timersRemovedSinceFetch.formUnion(batch.timersRemoved)
            timersRemovedSinceFetch.formUnion(batch.workflows.lazy.flatMap(\.timersRemoved))
        }
        // Other timers of these workflows were left alone.
        if ended, hasExcludedTimers || isLoadingTimers { expectTimer(at: now) }
    }
}
