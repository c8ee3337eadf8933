/// How long runs of a handler took, counted in fixed buckets.
///
/// A plain value without a heap: one is part of each batch that is made.
package struct RunTimes: Sendable {
    /// The upper bounds in nanoseconds. Most handlers take some 10 µs, and none may use more than its CPU time.
    package static let bounds: [Int64] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000, 10_000_000, 25_000_000, 100_000_000,
        250_000_000,
        1_000_000_000, 10_000_000_000,
    ]

    /// One for each bound, and the last for what took longer; not added up.
    private var buckets = InlineArray<14, Int>(repeating: 0)
    /// All of them together.
    package private(set) var nanoseconds: Int64 = 0

    /// None.
    package init() {}

    /// How many runs each bucket has; the last is for those above all bounds.
    package var counts: [Int] { buckets.indices.map { buckets[$0] } }

    mutating func record(_ duration: Int64) {
        var bucket = 0
        while bucket < RunTimes.bounds.count, duration > RunTimes.bounds[bucket] { bucket += 1 }
        buckets[bucket] += 1
        nanoseconds += duration
    }

    mutating func add(_ other: RunTimes) {
        for bucket in buckets.indices { buckets[bucket] += other.buckets[bucket] }
        nanoseconds += other.nanoseconds
    }
}
