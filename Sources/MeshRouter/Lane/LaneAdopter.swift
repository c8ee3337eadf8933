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
            do {
                while let lane = try await store.claimAbandonedLane(owner: owner + " (adopting)", lease: lease) {
                    try await adopt(lane)
                }
            } catch {
                log.warning("an abandoned lane isn't published yet: \(error)")
            }
        }
    }

    private func adopt(_ lane: RouterLane) async throws {
        let outlet = try makeOutlet()
        var acknowledged = lane.lane.acknowledgedSequence
        var count = 0
        do {
            // Closing is what ends a wait for Kafka.
            try await withTaskCancellationHandler {
                while true {
                    let rows = try await store.unpublished(lane: lane.lane.id, above: acknowledged, limit: 1000)
                    guard let last = rows.last else { break }
                    let publication = try await outlet.publish(rows, lane: lane.lane.id, epoch: lane.lane.epoch)
                    try await publication.acknowledged()
                    let refusals = publication.refusals
                    if !refusals.isEmpty {
                        let refusal = RowsRefused(refusals: refusals)
                        if refusal.isTopicMissing { throw refusal }
                        try await store.bury(refusals, lane: lane)
                    }
                    acknowledged = last.sequence
                    count += rows.count
                    try await store.renewLane(lane, acknowledged: acknowledged, lease: lease)
                }
            } onCancel: {
                Task { await outlet.close(flushing: .zero) }
            }
            // Gaps at the end of a lane count as published, too.
            acknowledged = max(acknowledged, lane.lane.nextSequence - 1)
        } catch {
            await outlet.close(flushing: .zero)
            try? await store.releaseLane(lane, acknowledged: acknowledged)
            throw error
        }
        await outlet.close(flushing: .zero)
        try await store.releaseLane(lane, acknowledged: acknowledged)
        log.info(
            "published what a lane without an owner had left", ["lane": "\(lane.lane.id)", "messages": "\(count)"])
    }
}
