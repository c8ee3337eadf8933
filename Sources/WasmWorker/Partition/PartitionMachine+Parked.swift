import MeshCore
import Outbox

extension PartitionMachine {
    /// Due parked messages: per key the head and what follows it, in order, of keys in `cutShort` not all of it. `nextDue` is when the next one
    /// after these is due: where nothing came, it may be that of a key whose rows are in memory already, and then there is no hurry.
    mutating func parkedLoaded(
        _ rows: [StateKey: [Execution]], cutShort: Set<StateKey> = [], nextDue: Timestamp?, now: Timestamp
    ) {
        isLoadingParked = false
        let pause = rows.isEmpty ? limits.emptyFetchPause : .zero
        let nextDue = nextDue.map { max($0, now.advanced(by: pause)) }
        nextParkedAt = [nextDue, parkedExpectedSinceFetch].compactMap(\.self).min()
        parkedExpectedSinceFetch = nil
        let changing = keysWithParkedInCommit
        for (key, executions) in rows {
            var queue = queues[key] ?? KeyQueue()
            // Its rows may be changing right now; they are fetched again after the commit that changes them.
            guard !queue.isBusy, queue.parked.isEmpty, !changing.contains(key) else {
                lookAgainForParked = true
                continue
            }
            // That commit has been, and no other may come: fetch them again at once.
            guard !parkedChangedSinceFetch.contains(key) else {
                expectParked(at: Timestamp(microseconds: 0))
                continue
            }
            // The rest is fetched when these are done, which is told by the count.
            parkedCounts[key] = max(parkedCounts[key] ?? 0, executions.count + (cutShort.contains(key) ? 1 : 0))
            for execution in executions { retainState(of: execution) }
            queue.parked = executions
            queues[key] = queue
            makeCandidate(key)
        }
    }

    /// Keys whose parked rows the commit under way changes: what is read of them may hold the change already, and it is counted
    /// when the commit is answered. Counted twice, messages would wait behind rows that aren't there, for ever.
    var keysWithParkedInCommit: Set<StateKey> {
        guard case .inFlight(let pending) = commit else { return [] }
        return Set(pending.parkedChange.keys)
    }

    /// Keys whose parked rows are in memory or under way; a fetch leaves them alone.
    func keysWithParkedInMemory() -> Set<StateKey> {
        Set(queues.lazy.filter { $0.value.isBusy || !$0.value.parked.isEmpty }.map(\.key))
    }

    /// Notes that `key` has a parked row that is due at `time`.
    mutating func expectParked(at time: Timestamp) {
        nextParkedAt = min(nextParkedAt ?? time, time)
        if isLoadingParked { parkedExpectedSinceFetch = min(parkedExpectedSinceFetch ?? time, time) }
    }

    /// Counts parked rows of `key` up or down after a commit.
    mutating func countParked(_ key: StateKey, by change: Int) {
        if isLoading { parkedChangedSinceLoad.insert(key) }
        if isLoadingParked { parkedChangedSinceFetch.insert(key) }
        let count = (parkedCounts[key] ?? 0) + change
        if count > 0 {
            parkedCounts[key] = count
        } else {
            parkedCounts[key] = nil
        }
    }

    /// Falls back to looking parked keys up, so that memory stays bounded.
    mutating func forgetParkedIfTooMany() {
        guard parkedCounts.count > limits.parkedKeysMax else { return }
        knowsAllParked = false
        // Those of messages that are in memory already aren't looked up again, nor those whose rows a commit is adding.
        var needed = Set((arrivals + loading).compactMap(\.orderKey))
        for unit in finished + bisection.joined() {
            if case .follower(let execution) = unit { needed.insert(execution.orderKey) }
        }
        if case .inFlight(let pending) = commit { needed.formUnion(pending.parkedChange.keys) }
        parkedCounts = parkedCounts.filter { queues[$0.key] != nil || needed.contains($0.key) }
    }
}
