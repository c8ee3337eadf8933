/// Durations counted in fixed buckets, as Prometheus wants them.
struct LatencyHistogram: Sendable {
    /// Upper bounds in seconds.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sum = 0.0

    var count: UInt64 { counts.reduce(0, +) }

    mutating func record(seconds: Double) {
        counts[LatencyHistogram.bounds.firstIndex { seconds <= $0 } ?? LatencyHistogram.bounds.count] += 1
        sum += seconds
    }
}
