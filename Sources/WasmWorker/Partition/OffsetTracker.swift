/// Which offsets of a partition are done: a low watermark and a bounded bitmap above it.
///
/// Done offsets need not be contiguous, since a slow key must not hold back the others. Offsets that the log skips
/// (compaction, transaction markers) count as done once a later offset has been seen.
struct OffsetTracker: Sendable {
    /// How far above the watermark a done offset may lie; at the bound fetching pauses.
    static let spanMax = 4096

    /// The lowest offset that isn't done.
    private(set) var nextOffset: Int64
    /// Offsets that were seen and aren't done, ascending.
    private var open: [Int64] = []
    private var openHead = 0
    /// Done offsets above `nextOffset`.
    private var done: Set<Int64>
    /// One above the highest offset seen.
    private(set) var end: Int64

    /// Starts at `nextOffset`, with the bitmap of done offsets as `bitmap()` returned it.
    init(nextOffset: Int64, bitmap: [UInt8] = []) {
        self.nextOffset = nextOffset
        end = nextOffset
        done = []
        for (index, byte) in bitmap.prefix(Self.spanMax / 8).enumerated() where byte != 0 {
            for bit in 0..<8 where byte & (1 << bit) != 0 { done.insert(nextOffset + Int64(index * 8 + bit)) }
        }
    }

    enum Sighting: Equatable {
        /// Not done, and seen for the first time.
        case new
        /// Seen for the first time by this owner, but done by an earlier one.
        case done
        /// Seen before, or below where this owner began.
        case old
    }

    /// Notes that the record at `offset` has been fetched.
    mutating func see(_ offset: Int64) -> Sighting {
        guard offset >= end else { return .old }
        end = offset + 1
        if done.contains(offset) { return .done }
        open.append(offset)
        return .new
    }

    /// Marks a seen offset as done; what lies below the watermark is done already.
    mutating func finish(_ offset: Int64) { if offset >= nextOffset { done.insert(offset) } }

    /// Whether an offset from the watermark on is done.
    func isDone(_ offset: Int64) -> Bool { done.contains(offset) }

    /// Moves the watermark over everything contiguous that is done; true when it moved.
    mutating func advance() -> Bool {
        let before = nextOffset
        while openHead < open.count, done.contains(open[openHead]) {
            done.remove(open[openHead])
            nextOffset = open[openHead] + 1
            openHead += 1
        }
        if openHead == open.count {
            // What was done before this owner came lies below the end as well once nothing is open.
            done = done.filter { $0 >= end }
            nextOffset = max(nextOffset, end)
        } else {
            nextOffset = max(nextOffset, open[openHead])
            if before != nextOffset { done = done.filter { $0 >= nextOffset } }
        }
        if openHead > 1024 {
            open.removeFirst(openHead)
            openHead = 0
        }
        return nextOffset != before
    }

    /// How far the highest seen offset lies above the watermark.
    var span: Int { Int(clamping: end - nextOffset) }

    /// Offsets from here on have no place in the bitmap yet: done before those below, they would be forgotten with their owner.
    var bitmapEnd: Int64 {
        let lowest = openHead < open.count ? max(nextOffset, open[openHead]) : max(nextOffset, end)
        return lowest + Int64(Self.spanMax)
    }

    /// The done offsets from `nextOffset` on, bit 0 of byte 0 first; empty when there is none.
    func bitmap() -> [UInt8] {
        guard let highest = done.max() else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(Int(highest - nextOffset) / 8 + 1, Self.spanMax / 8))
        for offset in done {
            let distance = Int(offset - nextOffset)
            if distance >= 0, distance / 8 < bytes.count { bytes[distance / 8] |= 1 << UInt8(distance % 8) }
        }
        return bytes
    }
}
