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
        var free: Int
        var waiters: [Waiter] = []
        /// Transactions that are made up and wait for room.
        var pending: [[CommitRound.Entry]] = []
    }

    private enum Step {
        case round([Waiter])
        case transaction([CommitRound.Entry])
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
    func enter(_ waiter: @escaping Waiter) { proceed { $0.waiters.append(waiter) } }

    /// Makes a change, and begins what there is room for: what waits to be committed first, then a round of all that wait for their turn.
    private func proceed(after change: (inout State) -> Void) {
        state.withLock { change(&$0) }
        while let step = nextStep() {
            switch step {
            case .round(let members): begin(members)
            case .transaction(let members):
                Task { [self] in
                    if members.count == 1 { await commit(alone: members[0]) } else { await commit(together: members) }
                }
            }
        }
    }

    private func nextStep() -> Step? {
        state.withLock { state in
            guard state.free > 0 else { return nil }
            if !state.pending.isEmpty {
                state.free -= 1
                return .transaction(state.pending.removeFirst())
            }
            guard !state.waiters.isEmpty else { return nil }
            state.free -= 1
            defer { state.waiters = [] }
            return .round(state.waiters)
        }
    }

    private func begin(_ members: [Waiter]) {
        let round = CommitRound(of: members.count) { [self] entries in
            let transactions = groups.split(entries).map { places in places.map { entries[$0] } }
            proceed {
                $0.free += 1
                $0.pending += transactions
            }
        }
        for member in members { member(CommitTurn(round)) }
    }

    private func commit(alone member: CommitRound.Entry) async {
        let started = ContinuousClock.now
        let result: Result<CommitReceipt, StoreError>
        do throws(StoreError) {
            result = .success(try await store.commit(member.batch))
        } catch {
            result = .failure(error)
        }
        proceed { $0.free += 1 }
        finish(member, result, since: started)
        metrics.transactions.add(1)
    }

    private func commit(together members: [CommitRound.Entry]) async {
        let started = ContinuousClock.now
        do throws(StoreError) {
            let receipts = try await store.commit(together: members.map(\.batch))
            proceed { $0.free += 1 }
            for (member, receipt) in zip(members, receipts) { finish(member, .success(receipt), since: started) }
        } catch {
            var again = members.map { [$0] }
            if case .connectionLost = error { again = [] }
            proceed {
                $0.free += 1
                $0.pending.insert(contentsOf: again, at: 0)
            }
            if again.isEmpty { for member in members { finish(member, .failure(error), since: started) } }
        }
        metrics.transactions.add(1)
    }

    private func finish(
        _ member: CommitRound.Entry, _ result: Result<CommitReceipt, StoreError>, since started: ContinuousClock.Instant
    ) {
        if case .success = result { metrics.committed(member.batch, in: ContinuousClock.now - started) }
        member.done(result)
    }
}
