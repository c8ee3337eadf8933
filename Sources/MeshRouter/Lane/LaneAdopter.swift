import MeshCore
import Outbox

/// Publishes what nobody else will: what routers accepted that ended without saying so, and what services had sent that read a partition no more.
///
/// Without it, such messages would wait for a router to start, or for ever.
final class LaneAdopter: Sendable {
    private let owner: String
    private let lease: Duration
    private let store: any IngressStore
    private let makeOutlet: @Sendable () throws -> any LaneOutlet
    private let log = Log("router")

    init(
        owner: String, lease: Duration, store: any IngressStore, outlet: @escaping @Sendable () throws -> any LaneOutlet
    ) {
        self.owner = owner
        self.lease = lease
        self.store = store
        makeOutlet = outlet
    }

    /// Looks after each lease's time until the task is cancelled; what fails is tried again then.
    func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: lease)
            if Task.isCancelled { return }
            await adoptAll()
        }
    }

    /// Adopts one lane after the other. One that can't be published is kept until the others have had their turn: given back at once, it would
    /// be the next one again.
    private func adoptAll() async {
        var kept: [Adoption] = []
        do {
            while let lane = try await store.claimAbandonedLane(owner: owner + " (adopting)", lease: lease) {
                var adoption = Adoption(lane)
                let isAgain = kept.contains { $0.lane.lane.id == lane.lane.id }
                do {
                    try await publish(&adoption)
                    try await store.releaseLane(lane, acknowledged: adoption.acknowledged)
                    log.info(
                        "published what a lane without an owner had left",
                        ["lane": "\(lane.lane.id)", "messages": "\(adoption.count)"])
                } catch {
                    log.warning("an abandoned lane isn't published yet: \(error)", ["lane": "\(lane.lane.id)"])
                    kept.append(adoption)
                    // The round has taken longer than its lease; so it ends.
                    if isAgain || Task.isCancelled { break }
                }
            }
        } catch {
            if !Task.isCancelled { log.warning("abandoned lanes aren't published yet: \(error)") }
        }
        // In a task of its own: this one may be cancelled, and the store would refuse it.
        await Task { [store, kept] in
            for adoption in kept { try? await store.releaseLane(adoption.lane, acknowledged: adoption.acknowledged) }
        }.value
    }

    /// A lane while it is being published.
    private struct Adoption: Sendable {
        let lane: RouterLane
        /// How far it is safe in Kafka.
        var acknowledged: Int64
        var count = 0

        init(_ lane: RouterLane) {
            self.lane = lane
            acknowledged = lane.lane.acknowledgedSequence
        }
    }

    private func publish(_ adoption: inout Adoption) async throws {
        let outlet = try makeOutlet()
        do {
            // Closing is what ends a wait for Kafka.
            try await withTaskCancellationHandler {
                while try await publishPage(&adoption, outlet) {}
            } onCancel: {
                Task { await outlet.close(flushing: .zero) }
            }
        } catch {
            await outlet.close(flushing: .zero)
            throw error
        }
        await outlet.close(flushing: .zero)
        // Gaps at the end of a lane count as published, too.
        adoption.acknowledged = max(adoption.acknowledged, adoption.lane.lane.nextSequence - 1)
    }

    /// Publishes the next rows; false where there are none.
    private func publishPage(_ adoption: inout Adoption, _ outlet: any LaneOutlet) async throws -> Bool {
        let lane = adoption.lane
        let rows = try await store.unpublished(lane: lane.lane.id, above: adoption.acknowledged, limit: 1000)
        guard let last = rows.last else { return false }
        let publication = try await outlet.publish(rows, lane: lane.lane.id, epoch: lane.lane.epoch)
        try await publication.acknowledged()
        let refusals = publication.refusals
        if !refusals.isEmpty {
            let refusal = RowsRefused(refusals: refusals)
            if refusal.isTopicMissing { throw refusal }
            try await store.bury(refusals, lane: lane)
        }
        adoption.acknowledged = last.sequence
        adoption.count += rows.count
        try await store.renewLane(lane, acknowledged: adoption.acknowledged, lease: lease)
        return true
    }
}
