import MeshCore
import Outbox

/// Drops what a lane published twice: per lane the highest sequence seen, of which the part below the partition's watermark is durable.
///
/// The decision about a record depends on the records before it in the log and on nothing else, so that an owner who reads
/// the log again from the durable watermark decides the same.
struct LaneFilter: Sendable {
    enum Verdict: Equatable {
        case fresh
        case duplicate
        /// Published before the lane was refilled, or before the database was restored; it is published again.
        case stale
    }

    private var seen: [Int64: LaneWatermark]
    /// Epochs as loaded when the partition was claimed.
    private let currentEpochs: [Int64: Int64]
    /// What a restored database doesn't know.
    private let gaps: LaneGaps
    /// Done by an earlier owner above its watermark, known by stamp: after a broker came back empty their offsets are others.
    private var doneStamps: Set<LaneStamp>
    /// Marks of records that aren't below the durable watermark yet, by ascending offset.
    private var pending: [(offset: Int64, lane: Int64, mark: LaneWatermark, wasDone: Bool)] = []

    init(
        durable: [Int64: LaneWatermark], currentEpochs: [Int64: Int64], gaps: LaneGaps = LaneGaps(),
        doneStamps: [LaneStamp] = []
    ) {
        self.gaps = gaps
        self.doneStamps = Set(doneStamps.map { LaneStamp(lane: $0.lane, epoch: 0, sequence: $0.sequence) })
        self.seen = durable
        self.currentEpochs = currentEpochs
    }

    /// Whether only its id tells whether the message came before.
    func isDoubtful(_ stamp: LaneStamp?) -> Bool { stamp.map { gaps.isDoubtful($0) } ?? false }

    /// Judges the record at `offset`; offsets come in ascending order.
    mutating func judge(_ stamp: LaneStamp, at offset: Int64) -> Verdict {
        if stamp.epoch < currentEpochs[stamp.lane] ?? 0 { return .stale }
        if gaps.contain(stamp) { return .stale }
        let mark = LaneWatermark(epoch: stamp.epoch, sequence: stamp.sequence)
        if let known = seen[stamp.lane], mark.sequence <= known.sequence { return .duplicate }
        seen[stamp.lane] = mark
        let isDone = doneStamps.remove(LaneStamp(lane: stamp.lane, epoch: 0, sequence: stamp.sequence)) != nil
        pending.append((offset, stamp.lane, mark, isDone))
        return isDone ? .duplicate : .fresh
    }

    /// The stamps of what is done from `nextOffset` on, as the next owner needs them.
    func stamps(doneIn tracker: OffsetTracker) -> [LaneStamp] {
        var stamps = Array(doneStamps)
        // What an earlier owner did stays done, though no batch of this one may have said so of its new offset yet.
        for entry in pending
        where entry.offset >= tracker.nextOffset && (entry.wasDone || tracker.isDone(entry.offset)) {
            stamps.append(LaneStamp(lane: entry.lane, epoch: 0, sequence: entry.mark.sequence))
        }
        return stamps
    }

    /// The marks that become durable together with a watermark of `nextOffset`.
    func marks(below nextOffset: Int64) -> [Int64: LaneWatermark] {
        var marks: [Int64: LaneWatermark] = [:]
        for entry in pending.prefix(while: { $0.offset < nextOffset }) { marks[entry.lane] = entry.mark }
        return marks
    }

    /// Notes that the watermark `nextOffset` is committed.
    mutating func committed(below nextOffset: Int64) {
        pending.removeFirst(pending.prefix { $0.offset < nextOffset }.count)
    }
}
