import MeshCore
import Outbox

extension PartitionMachine {
    /// The commit under way failed and nothing of it took effect. A fenced partition's machine is thrown away, so it isn't reported here.
    mutating func commitFailed(_ failure: CommitFailure, now: Timestamp) throws(PartitionStuckError) {
        guard case .inFlight(let pending) = commit else { return }
        commit = .idle
        switch failure {
        case .fenced: break
        case .transient:
            putBack(pending.units)
            pauseCommits(now: now)
        case .stateConflict(let keys): rerun(pending.units, touching: Set(keys))
        case .duplicateIDs(let ids): dropDuplicates(Set(ids.map { ExactText($0) }), from: pending)
        case .refused(let reason): try bisect(pending.units, reason: reason, now: now)
        }
        finishedSince = finished.isEmpty ? nil : now
    }

    /// They come before what has finished since, and before the rest of a batch that was split: what follows parked messages of one key keeps its order.
    private mutating func putBack(_ units: [CommitUnit]) {
        if units.isEmpty { return }
        if bisection.isEmpty { finishFirst(units) } else { bisection.append(units) }
    }

    /// A deadlock is over at once; a database without room for more is asked less and less often.
    private mutating func pauseCommits(now: Timestamp) {
        transientFailures += 1
        guard transientFailures > 1 else { return }
        let pause = Duration.milliseconds(10) * (1 << min(transientFailures - 2, 20))
        commitRetryAt = now.advanced(by: min(pause, limits.commitRetryMax))
    }

    /// Reads the conflicting keys again and runs their messages again; the others go into the next commit as they are.
    private mutating func rerun(_ units: [CommitUnit], touching keys: Set<StateKey>) {
        var kept: [CommitUnit] = []
        for unit in units {
            if case .run(let result) = unit, result.states.keys.contains(where: keys.contains) {
                requeue(result, without: [])
            } else {
                kept.append(unit)
            }
        }
        for key in keys where states[key] != nil {
            if states[key]?.contents != nil {
                states[key]?.contents = nil
                wantedContents.insert(key)
            }
            states[key]?.entry = nil
            wantedStates.insert(key)
        }
        putBack(kept)
    }

    /// Messages whose id was known already are done; what ran after them in the same run saw effects that don't take place.
    private mutating func dropDuplicates(_ ids: Set<ExactText>, from pending: PendingCommit) {
        // Those of this batch: another record of the same id may have been looked up too early to be known, and only the inbox will refuse it.
        let duplicates = Set(
            pending.finishedOffsets.filter { open[$0]?.inboxID.map { ids.contains(ExactText($0)) } ?? false })
        for offset in duplicates {
            if let inboxID = open[offset]?.inboxID { openIDs.remove(ExactText(inboxID)) }
            open[offset]?.inboxID = nil
        }
        var kept: [CommitUnit] = []
        for unit in pending.units {
            switch unit {
            case .record(let offset, _) where duplicates.contains(offset):
                kept.append(.record(offset: offset, rejection: nil))
            case .follower(let execution) where duplicates.contains(execution.offset) && !execution.isParked:
                releaseState(execution.stateKey)
                kept.append(.record(offset: execution.offset, rejection: nil))
            case .run(let result)
            where result.executions.contains { !$0.isParked && duplicates.contains($0.offset) }:
                kept += requeue(result, without: duplicates).map {
                    .record(offset: $0.offset, rejection: nil)
                }
            case .record, .follower, .run, .undeliverable: kept.append(unit)
            }
        }
        putBack(kept)
    }

    /// Puts a run's executions back to the front of their queue; returns those that were left out.
    @discardableResult
    private mutating func requeue(_ result: KeyRunResult, without offsets: Set<Int64>) -> [Execution] {
        var dropped: [Execution] = []
        var again: [Execution] = []
        for execution in result.executions {
            if !execution.isParked, offsets.contains(execution.offset) {
                dropped.append(execution)
            } else {
                again.append(execution)
            }
        }
        for key in result.states.keys { states[key]?.isBusy = false }
        for execution in dropped { releaseState(execution.stateKey) }
        var queue = queues[result.orderKey] ?? KeyQueue()
        queue.isBusy = false
        if again.first?.isParked ?? false {
            queue.parked.insert(contentsOf: again, at: 0)
        } else {
            queue.waiting.insert(contentsOf: again, at: 0)
        }
        queues[result.orderKey] = queue.isEmpty ? nil : queue
        if !queue.isEmpty { makeCandidate(result.orderKey) }
        return dropped
    }

    /// Halves a refused batch until the culprit stands alone; the culprit becomes a dead letter with Postgres' reason.
    private mutating func bisect(_ units: [CommitUnit], reason: String, now: Timestamp) throws(PartitionStuckError) {
        if units.count > 1 {
            let middle = units.count / 2
            bisection.append(Array(units[middle...]))
            bisection.append(Array(units[..<middle]))
            return
        }
        guard case .run(let result)? = units.first, let first = result.executions.first else {
            throw PartitionStuckError(description: reason)
        }
        guard result.resort != .last else { throw PartitionStuckError(description: reason) }
        if result.executions.count > 1 {
            requeue(result, without: [])
            queues[result.orderKey]?.runsAlone = true
            return
        }
        if let stuck = stickWorkflow(result, reason: reason, now: now) {
            bisection.append([.run(stuck)])
            return
        }
        if case .failed(let failure)? = result.results.first?.outcome, failure.kind == .badOutput {
            throw PartitionStuckError(description: reason)
        }
        let error = MeshError(
            .invalidRequest,
            "Postgres can't store what \(first.handler.service)/\(first.handler.method) made: \(reason)")
        let failure = ExecutionResult(
            executions: [first], outcome: .failed(Failure(kind: .badOutput, error: error)),
            runTime: result.results.first?.runTime)
        bisection.append([.run(result.replacing([failure], resort: result.resort))])
    }
}

/// Not even the dead letter of a refused message can be stored: an operator has to look.
struct PartitionStuckError: Error, Sendable, CustomStringConvertible {
    let description: String
}
