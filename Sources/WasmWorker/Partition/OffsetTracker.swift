/// Which offsets of a partition are done: a low watermark and a bounded bitmap above it.
///
/// Done offsets need not be contiguous, since a slow key must not hold back the others. Offsets that the log skips
/// (compaction, transaction markers) count as done once a later offset has been seen.
struct OffsetTracker: Sendable {
    /// How far above the watermark a done offset may lie; at the bound fetching pauses.
    static let spanMax = 4096

    /// The lowest offset that isn't done.
    private(set) var nextOffset: Int64
    /// Offsets that were seen, ascending, from `head` on those above the watermark; and which of them are done.
    ///
    /// Two lists, since a commit copies them and asks for every offset: searching is cheaper than hashing.
    private var seen: [Int64] = []
    private var isSeenDone: [Bool] = []
    private var head = 0
    /// What an earlier owner has done above `nextOffset`.
    private var doneBefore: Set<Int64>
    /// One above the highest offset seen.
    private(set) var end: Int64

    /// Starts at `nextOffset`, with the bitmap of done offsets as `bitmap()` returned it.
    init(nextOffset: Int64, bitmap: [UInt8] = []) {
        self.nextOffset = nextOffset
        end = nextOffset
        doneBefore = []
        for (index, byte) in bitmap.prefix(Self.spanMax / 8).enumerated() where byte != 0 {
            for bit in 0..<8 where byte & (1 << bit) != 0 { doneBefore.insert(nextOffset + Int64(index * 8 + bit)) }
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
        if doneBefore.contains(offset) { return .done }
        seen.append(offset)
        isSeenDone.append(false)
        return .new
    }

    /// Marks a seen offset as done; what lies below the watermark is done already.
    mutating func finish(_ offset: Int64) { if let place = place(of: offset) { isSeenDone[place] = true } }

    /// Whether an offset from the watermark on is done.
    func isDone(_ offset: Int64) -> Bool { place(of: offset).map { isSeenDone[$0] } ?? doneBefore.contains(offset) }

    /// Where an offset that isn't below the watermark stands among those seen.
    private func place(of offset: Int64) -> Int? {
        var (low, high) = (head, seen.count)
        while low < high {
            let middle = (low + high) / 2
            if seen[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < seen.count && seen[low] == offset ? low : nil
    }

    /// Moves the watermark over everything contiguous that is done; true when it moved.
    mutating func advance() -> Bool {
        let before = nextOffset
        while head < seen.count, isSeenDone[head] {
            nextOffset = seen[head] + 1
            head += 1
        }
        // What was done before this owner came lies below the end as well once nothing is open.
        nextOffset = max(nextOffset, head == seen.count ? end : seen[head])
        if before != nextOffset, !doneBefore.isEmpty { doneBefore = doneBefore.filter { $0 >= nextOffset } }
        if head > 1024 {
            seen.removeFirst(head)
            isSeenDone.removeFirst(head)
            head = 0
        }
        return nextOffset != before
    }

    /// How far the highest seen offset lies above the watermark.
    var span: Int { Int(clamping: end - nextOffset) }

    /// Offsets from here on have no place in the bitmap yet: done before those below, they would be forgotten with their owner.
    var bitmapEnd: Int64 {
        let lowest = head < seen.count ? max(nextOffset, seen[head]) : max(nextOffset, end)
        return lowest + Int64(Self.spanMax)
    }

    /// The done offsets from `nextOffset` on, bit 0 of byte 0 first; empty when there is none.
    func bitmap() -> [UInt8] {
        let lastSeen = isSeenDone[head...].lastIndex(of: true).map { seen[$0] }
        guard let highest = [lastSeen, doneBefore.max()].compactMap(\.self).max() else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(Int(highest - nextOffset) / 8 + 1, Self.spanMax / 8))
        func note(_ offset: Int64) {
            let distance = Int(offset - nextOffset)
            if distance >= 0, distance / 8 < bytes.count { bytes[distance / 8] |= 1 << UInt8(distance % 8) }
        }
        for place in head..<seen.count where isSeenDone[place] { note(seen[place]) }
        for offset in doneBefore { note(offset) }
        return bytes
    }
}
