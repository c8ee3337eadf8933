import MeshCore
import Kafka
import Outbox
import Synchronization

/// Why a lane can't go on and must be claimed anew.
struct LaneBroken: Error, CustomStringConvertible {
    let description: String
}

extension Acceptor {
    /// Accepts until `stop`, across every failure of Postgres and Kafka; a cancelled task gives up at once.
    package func run() async {
        var wait = Duration.milliseconds(50)
        while !Task.isCancelled {
            do {
                try await serveLane { wait = .milliseconds(50) }
                break
            } catch {
                report("\(error)")
            }
            if isStopping { break }
            let patience = configuration.patience
            failWaiting { $0.since.duration(to: .now) > patience }
            try? await Task.sleep(for: wait)
            wait = min(wait * 2, .seconds(1))
        }
        state.withLock { $0.isStopping = true }
        failWaiting { _ in true }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    private func report(_ problem: String) {
        let isNew = state.withLock { state in
            defer {
                state.problem = problem
                state.isServing = false
            }
            return state.problem != problem
        }
        if isNew { log.warning("accepting is interrupted: \(problem); waiting for it to pass") }
    }

    /// Claims a lane, publishes what is left of it, and accepts until `stop`.
    private func serveLane(_ begins: () -> Void) async throws {
        let lane = try await store.claimLane(owner: configuration.owner, lease: configuration.lease)
        let progress = LaneProgress(acknowledged: lane.lane.acknowledgedSequence)
        let outlet = try makeOutlet()
        let wasDown = state.withLock { state in
            state.progress = progress
            state.failure = nil
            return state.problem
        }
        let acknowledging = Task { await self.watched { try await progress.run { try await self.refused($0, lane) } } }
        let renewing = Task { await self.watched { try await self.renew(lane, progress) } }
        var failure: (any Error)?
        do {
            // Closing is what wakes a publication that waits for room in a full queue.
            try await withTaskCancellationHandler {
                try await republish(lane, outlet, progress)
                state.withLock {
                    $0.problem = nil
                    $0.isServing = true
                }
                if wasDown != nil { log.info("accepting", ["lane": "\(lane.lane.id)"]) }
                begins()
                try await acceptBatches(lane, outlet, progress)
            } onCancel: {
                Task { await outlet.close(flushing: .zero) }
            }
        } catch {
            failure = error
        }
        renewing.cancel()
        // Closing ends every wait for an acknowledgement, so that the companions end.
        await outlet.close(flushing: failure == nil ? .seconds(5) : .zero)
        progress.finish()
        await acknowledging.value
        await renewing.value
        // Given back at once, so that rows that are left are published by the next claim and not after the lease.
        // In a task of its own: this one may be cancelled, and the store would refuse it.
        await Task { [store] in try? await store.releaseLane(lane, acknowledged: progress.acknowledged) }.value
        if let failure { throw failure }
    }

    /// What Kafka will never take becomes a dead letter, and whoever waits for its answer learns of it.
    private func refused(_ refusal: RowsRefused, _ lane: RouterLane) async throws {
        log.error("\(refusal)", ["ids": refusal.refusals.prefix(10).map(\.row.message.id).joined(separator: " ")])
        for row in refusal.refusals { onRefusal(row.row, row.reason) }
        try await store.bury(refusal.refusals, lane: lane)
    }

    /// Runs a companion of the accept loop; its failure ends the loop.
    private func watched(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
            return
        } catch {
            if Task.isCancelled { return }
            let waiter = state.withLock { state in
                state.failure = state.failure ?? "\(error)"
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }

    private func renew(_ lane: RouterLane, _ progress: LaneProgress) async throws {
        while true {
            try await Task.sleep(for: configuration.lease / 5)
            do {
                try await store.renewLane(lane, acknowledged: progress.acknowledged, lease: configuration.lease)
            } catch let error {
                // A lane that couldn't be renewed may be somebody else's by now: the fence in `accept` tells, not the clock.
                if !error.isPassing { throw error }
            }
        }
    }

    private func republish(_ lane: RouterLane, _ outlet: any LaneOutlet, _ progress: LaneProgress) async throws {
        var above = lane.lane.acknowledgedSequence
        var bytes = 0
        while lane.lane.nextSequence - 1 > above {
            let rows = try await store.unpublished(lane: lane.lane.id, above: above, limit: 1000)
            guard let last = rows.last else {
                return progress.track(NothingToPublish(), upTo: lane.lane.nextSequence - 1)
            }
            progress.track(
                try await outlet.publish(rows, lane: lane.lane.id, epoch: lane.lane.epoch), upTo: last.sequence)
            above = last.sequence
            bytes += rows.reduce(0) { $0 + $1.message.data.count }
            guard bytes >= Acceptor.republishedBytesMax else { continue }
            while progress.acknowledged < above, state.withLock({ $0.failure == nil }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            bytes = 0
        }
    }

    /// How much of what the last owner left may be on its way at a time, but for the rest of a page.
    private static let republishedBytesMax = 64 << 20

    private func acceptBatches(_ claimed: RouterLane, _ outlet: any LaneOutlet, _ progress: LaneProgress) async throws {
        var lane = claimed
        while let batch = try await nextBatch() {
            let rows = try await commit(batch, &lane, progress.acknowledged)
            let publication: any LanePublication =
                rows.isEmpty
                ? NothingToPublish() : try await outlet.publish(rows, lane: lane.lane.id, epoch: lane.lane.epoch)
            // Sequences of what was repeated, or is sent later, stay unused: nothing waits under them.
            progress.track(publication, upTo: lane.lane.nextSequence - 1)
        }
    }

    /// What came since the last batch; waits where nothing did; nil when all is done and no more will come.
    private func nextBatch() async throws -> [Item]? {
        while true {
            let (batch, isStopping, failure) = state.withLock { state in
                (state.failure == nil ? state.queue.takeBatch() : [], state.isStopping, state.failure)
            }
            if let failure { throw LaneBroken(description: failure) }
            if !batch.isEmpty { return batch }
            if isStopping { return nil }
            try Task.checkCancellation()
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isDue = state.withLock { state in
                        guard state.queue.isEmpty, !state.isStopping, state.failure == nil, !Task.isCancelled else {
                            return true
                        }
                        state.waiter = continuation
                        return false
                    }
                    if isDue { continuation.resume() }
                }
            } onCancel: {
                state.withLock { state in
                    defer { state.waiter = nil }
                    return state.waiter
                }?.resume()
            }
        }
    }

    /// Refuses those waiting items that `condition` names.
    func failWaiting(where condition: @escaping @Sendable (Item) -> Bool) {
        let (items, problem) = state.withLock { state in
            (state.queue.remove(where: condition), state.problem)
        }
        let error =
            isStopping
            ? Acceptor.stopping
            : MeshError(
                .providerUnavailable, "nothing can be made durable at the moment: \(problem ?? "unknown"); try again",
                retryable: true)
        for item in items { item.continuation.resume(returning: .failure(error)) }
    }
}
