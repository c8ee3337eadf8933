import MeshCore
import Outbox

extension PartitionLoop {
    /// Goes on where the log begins, which is behind the stored position: what lay between is gone, as the topic's retention has it.
    ///
    /// A service that wasn't run for longer than that finds it so. It must not stand still, nor go on in silence: a dead letter tells what is missing.
    func passGap(_ claim: PartitionClaim, to start: Int64) async throws -> PartitionClaim {
        let missing =
            "the log of \(id.topic), partition \(id.partition) begins at \(start), behind the position \(claim.nextOffset) of \(id.group): what lay between was removed before it was consumed (the topic's retention)"
        log.error(missing, ["partition": "\(id)"])
        var passed = claim
        passed.nextOffset = start
        passed.completed = OffsetTracker.bitmap(claim.completed, from: start - claim.nextOffset)
        var batch = BatchCommit(
            partition: id, epoch: claim.epoch, expectedNextOffset: claim.nextOffset, nextOffset: start,
            lane: claim.lane.id, nextSequence: claim.lane.nextSequence,
            acknowledgedSequence: claim.lane.acknowledgedSequence)
        batch.completed = passed.completed
        batch.completedStamps = claim.completedStamps
        batch.deadLetters = [
            NewDeadLetter(
                offset: claim.nextOffset, service: nil, method: nil, key: nil, messageID: nil, type: nil, source: nil,
                payload: nil, headers: [], attempts: 0, error: MeshError(.notFound, missing), digest: nil)
        ]
        _ = try await environment.store.commit(batch)
        return passed
    }
}

extension OffsetTracker {
    /// A bitmap of done offsets without its first `count`.
    static func bitmap(_ bytes: [UInt8], from count: Int64) -> [UInt8] {
        guard count < Int64(bytes.count) * 8 else { return [] }
        let first = Int(count)
        var rest = [UInt8](repeating: 0, count: (bytes.count * 8 - first + 7) / 8)
        for bit in first..<bytes.count * 8 where bytes[bit / 8] & (1 << UInt8(bit % 8)) != 0 {
            rest[(bit - first) / 8] |= 1 << UInt8((bit - first) % 8)
        }
        while rest.last == 0 { rest.removeLast() }
        return rest
    }
}
