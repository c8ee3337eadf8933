import MeshCore
import Outbox

// Commits: made when it is our turn, and what comes of them.

extension PartitionLoop {
    func makeCommit(_ turn: CommitTurn, _ state: inout LoopState, now: Timestamp) {
        guard let batch = state.machine.makeCommit(now: now) else { return }
        state.commitBegan = .now
        turn.commit(batch, size: state.machine.commitSize) { [mailbox] result in mailbox.post(.commitEnded(result)) }
    }

    func commitEnded(_ result: Result<CommitReceipt, StoreError>, _ state: inout LoopState, now: Timestamp)
        -> End?
    {
        warnIfSlow(&state)
        switch result {
        case .success:
            environment.metrics.handlers.add(state.machine.handledInCommit, of: id.group)
            guard let batch = state.machine.committed(now: now) else { return nil }
            environment.states.store(
                batch.stateWrites.lazy.map {
                    ($0.key, StateEntry(version: $0.data == nil ? 0 : $0.newVersion, data: $0.data))
                })
            environment.workflows.store(state.machine.takeCommittedWorkflows(), epoch: state.machine.epoch)
            callbacks.progressed(batch.nextOffset)
            startPublishing(batch.outbox, state.lane)
            return nil
        case .failure(let error): return commitFailed(error, &state, now: now)
        }
    }

    /// A commit that this loop didn't hear the end of may have taken effect: what is known of its keys may be out of date, and who only reads would
    /// never be told.
    func forgetUncertain(_ state: LoopState) {
        guard case .inFlight(let pending) = state.machine.commit else { return }
        environment.states.forget(pending.batch.stateWrites.lazy.map(\.key))
    }

    /// While a commit lasts its partition stands still, so whoever looks for the cause is told.
    private func warnIfSlow(_ state: inout LoopState) {
        let duration = state.commitBegan.map { .now - $0 } ?? .zero
        state.commitBegan = nil
        guard duration > .seconds(5) else { return }
        log.warning("a commit took \(duration.components.seconds) s", ["partition": "\(id)"])
    }

    func commitFailed(_ error: StoreError, _ state: inout LoopState, now: Timestamp) -> End? {
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
}
