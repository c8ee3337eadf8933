import Outbox
import Synchronization

/// Bounds how many transactions of a worker are under way at a time, so that batches grow under load instead of queueing in Postgres, and lets
/// the partitions that wait commit together.
///
/// A transaction costs Postgres the better part of a millisecond whatever is in it. So when there is room again, all that wait get their turn
/// in one round (`CommitRound`), and those whose batches are small share a transaction (`CommitGroups`). Where that one fails, each commits by
/// itself, so that none suffers from another's refusal.
final class CommitGate: Sendable {
    typealias Waiter = @Sendable (CommitTurn) -> Void

    private struct State {
        /// Below zero where a round made more transactions than there was room for.
        var free: Int
        var waiters: [Waiter] = []
    }

    private let state: Mutex<State>
    private let store: any PartitionStore
    private let metrics: WorkerMetrics
    private let groups: CommitGroups

    init(limit: Int, store: any PartitionStore, limits: PartitionLimits, metrics: WorkerMetrics) {
        state = Mutex(State(free: max(1, limit)))
        self.store = store
        self.metrics = metrics
        groups = CommitGroups(limits)
    }

    /// Calls `waiter` once it is its turn; at once, on the caller's thread, when there is room.
    func enter(_ waiter: @escaping Waiter) {
        let mayEnter = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.waiters.append(waiter)
            return false
        }
        if mayEnter { begin([waiter]) }
    }

    private func begin(_ members: [Waiter]) {
        let round = CommitRound(of: members.count) { [self] entries in commit(entries) }
        for member in members { member(CommitTurn(round)) }
    }

    /// Everybody in the round has answered.
    private func commit(_ entries: [CommitRound.Entry]) {
        guard !entries.isEmpty else { return leave() }
        let transactions = groups.split(entries)
        state.withLock { $0.free -= transactions.count - 1 }
        for places in transactions {
            let members = places.map { entries[$0] }
            Task { [self] in
                if members.count == 1 { await commit(alone: members[0]) } else { await commit(together: members) }
            }
        }
    }

    private func commit(alone member: CommitRound.Entry) async {
        let started = ContinuousClock.now
        let result: Result<CommitReceipt, StoreError>
        do throws(StoreError) {
            result = .success(try await store.commit(member.batch))
        } catch {
            result = .failure(error)
        }
        leave()
        finish(member, result, since: started)
        metrics.transactions.add(1)
    }

    private func commit(together members: [CommitRound.Entry]) async {
        let started = ContinuousClock.now
        do throws(StoreError) {
            let receipts = try await store.commit(together: members.map(\.batch))
            leave()
            for (member, receipt) in zip(members, receipts) { finish(member, .success(receipt), since: started) }
        } catch {
            if case .connectionLost = error {
                leave()
                for member in members { finish(member, .failure(error), since: started) }
            } else {
                // Side by side: what one of them waits for mustn't hold up the others.
                state.withLock { $0.free -= members.count - 1 }
                for member in members { Task { [self] in await commit(alone: member) } }
            }
        }
        metrics.transactions.add(1)
    }

    private func finish(
        _ member: CommitRound.Entry, _ result: Result<CommitReceipt, StoreError>, since started: ContinuousClock.Instant
    ) {
        if case .success = result { metrics.committed(member.batch, in: ContinuousClock.now - started) }
        member.done(result)
    }

    /// A transaction is over: those who wait share the next round.
    private func leave() {
        let next = state.withLock { state -> [Waiter] in
            state.free += 1
            guard state.free > 0, !state.waiters.isEmpty else { return [] }
            state.free -= 1
            defer { state.waiters = [] }
            return state.waiters
        }
        if !next.isEmpty { begin(next) }
    }
}
