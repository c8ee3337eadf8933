import MeshCore

/// Drops what a lane published twice: per lane the highest sequence seen, of which the part below the partition's watermark is durable.
///
/// The decision about a record depends on the records before it in the log and on nothing else, so that an owner who reads
/// the log again from the durable watermark decides the same.
struct LaneFilter {
    struct Mark: Hashable, Comparable {
        var epoch: Int64
        var sequence: Int64

        static func < (left: Mark, right: Mark) -> Bool {
            (left.epoch, left.sequence) < (right.epoch, right.sequence)
        }
    }

    enum Verdict: Equatable {
        case fresh
        case duplicate
        /// Published before the lane was refilled; the refill publishes it again.
        case stale
    }

    private var durable: [Int64: Mark]
    private var seen: [Int64: Mark]
    /// Epochs as loaded when the partition was claimed.
    private let currentEpochs: [Int64: Int64]
    /// Marks of records above the watermark, by offset, ascending.
    private var pending: [(offset: Int64, lane: Int64, mark: Mark)] = []
    private var pendingHead = 0
    private var changed: Set<Int64> = []

    init(durable: [Int64: Mark], currentEpochs: [Int64: Int64]) {
        self.durable = durable
        self.seen = durable
        self.currentEpochs = currentEpochs
    }

    /// Judges the record at `offset`; offsets come in ascending order.
    mutating func judge(_ stamp: LaneStamp, at offset: Int64) -> Verdict {
        if stamp.epoch < currentEpochs[stamp.lane] ?? 0 { return .stale }
        let mark = Mark(epoch: stamp.epoch, sequence: stamp.sequence)
        if let known = seen[stamp.lane], mark <= known { return .duplicate }
        seen[stamp.lane] = mark
        pending.append((offset, stamp.lane, mark))
        return .fresh
    }

    /// Makes durable what lies below `nextOffset` and returns the lanes' marks that changed by it.
    mutating func advance(to nextOffset: Int64) -> [Int64: Mark] {
        while pendingHead < pending.count, pending[pendingHead].offset < nextOffset {
            durable[pending[pendingHead].lane] = pending[pendingHead].mark
            changed.insert(pending[pendingHead].lane)
            pendingHead += 1
        }
        if pendingHead > 1024 || pendingHead == pending.count {
            pending.removeFirst(pendingHead)
            pendingHead = 0
        }
        var marks: [Int64: Mark] = [:]
        for lane in changed { marks[lane] = durable[lane] }
        return marks
    }

    /// Forgets that `advance`'s marks wait for a commit: they are committed.
    mutating func committed(_ marks: [Int64: Mark]) {
        for (lane, mark) in marks where durable[lane] == mark { changed.remove(lane) }
    }
}
