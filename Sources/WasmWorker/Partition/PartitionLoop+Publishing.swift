import MeshCore
import Outbox
import Synchronization

// What the lane has, on its way to the log.

extension PartitionLoop {
    /// The lane's rows that the last owner may not have published, in order, before anything new.
    func publishLeftovers(of claim: PartitionClaim, with publisher: any LanePublisher) async throws {
        let lane = OpenLane(claim: claim.lane, publisher: publisher)
        var sequence = claim.lane.acknowledgedSequence
        var count = 0
        var bytes = 0
        while sequence < claim.lane.nextSequence - 1, !isPublishingOver.load(ordering: .acquiring) {
            let rows = try await environment.store.unpublished(lane: claim.lane.id, above: sequence, limit: 1000)
            guard let last = rows.last else { break }
            sequence = last.sequence
            count += rows.count
            try await publish(rows, of: lane)
            bytes += rows.reduce(0) { $0 + $1.message.data.count }
            if bytes >= environment.limits.unacknowledgedBytesMax {
                await acknowledging.settled()
                bytes = 0
            }
        }
        if count > 0 { log.info("published what the last owner left", ["partition": "\(id)", "messages": "\(count)"]) }
        // Sequences may have gaps, so the lane is acknowledged up to its end; after the rows, none of which may be lost.
        acknowledging.append { [mailbox] in
            mailbox.post(.published(upTo: claim.lane.nextSequence - 1, refused: []))
        }
    }

    func publish(_ rows: [OutboxRow], of lane: OpenLane) async throws {
        guard let last = rows.last else { return }
        let publication = try await lane.publisher.publish(rows, lane: lane.claim.id, epoch: lane.claim.epoch)
        acknowledging.append { [self] in
            do {
                try await publication.acknowledged()
                let refusals = publication.refusals
                // A broker that lost everything loses the topics too: nothing is refused, but published anew after its reset. A topic that
                // stays away is one that somebody made up (`mesh_answer_to`), and mustn't hold the partition up for ever.
                if environment.isLogVolatile {
                    let patience = environment.topicPatience
                    let missing = refusals.filter(\.isTopicMissing).map(\.row.topic)
                    if let topic = missing.first(where: { !patience.isExhausted($0) }) {
                        return stopPublishing("the topic \(topic) is missing")
                    }
                    patience.forget(rows.lazy.map(\.topic).filter { !missing.contains($0) })
                }
                let refused = refusals.map { refusal in
                    let topic = refusal.row.topic
                    return (
                        row: refusal.row,
                        error: MeshError(
                            .communicationFailure, "Kafka refuses the message for \(topic): \(refusal.reason)")
                    )
                }
                mailbox.post(.published(upTo: last.sequence, refused: refused))
            } catch {
                stopPublishing("\(error)")
            }
        }
    }

    /// Hands rows over in order: each commit's task waits for the one before.
    func startPublishing(_ rows: [OutboxRow], _ lane: OpenLane) {
        guard !rows.isEmpty else { return }
        publishing.append { [self] in
            // In the log before those that were lost, they would be all that consumers take of the lane.
            if isPublishingOver.load(ordering: .acquiring) { return }
            do { try await publish(rows, of: lane) } catch { stopPublishing("\(error)") }
        }
    }

    private func stopPublishing(_ reason: String) {
        isPublishingOver.store(true, ordering: .releasing)
        mailbox.post(.fault("publishing: \(reason)"))
    }
}
