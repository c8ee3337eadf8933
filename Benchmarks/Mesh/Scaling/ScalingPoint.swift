/// What was measured at one value of an axis.
struct ScalingPoint {
    var value: Int
    /// A backlog worked off.
    var measurement: Measurement
    /// What Postgres wrote ahead, per message, from the fill on.
    var walBytes: Double
    /// Messages that share a commit.
    var perCommit: Double
    /// Milliseconds from a record's producing to its event's arrival, at two hundred records a second.
    var latency: Distribution
    /// From the worker's start until it owned what it should.
    var startSeconds: Double

    var cells: [String] {
        [
            "\(Int(measurement.rate.rounded()))", decimal(measurement.perMessage(\.pipeline), 1),
            decimal(measurement.perMessage(\.postgres), 1), decimal(measurement.perMessage(\.broker), 1),
            decimal(walBytes, 0), decimal(perCommit, 0),
            decimal(latency.percentile(0.5), 1), decimal(latency.percentile(0.99), 1), decimal(startSeconds, 1),
        ]
    }

    static let headings = [
        "messages/s", "worker, µs", "Postgres, µs", "broker, µs", "WAL, bytes", "per commit", "p50 ms", "p99 ms",
        "start s",
    ]
}
