/// One point of an axis: everything as in the middle of all axes, but for one number.
struct ScalingScenario {
    var partitions: Int32 = 4
    var workers = 1
    /// Deployed ones; the load is on one of them.
    var services = 1
    /// States that are stored, all of them in use.
    var keys = 5_000
    /// Bytes of a record's data, about.
    var payload = 110
    /// Messages of other keys that wait for another attempt tomorrow.
    var parked = 0

    /// Whether the backlog is there before the worker; several workers first share the partitions, and are then given their work.
    var isFilledFirst: Bool { workers == 1 }

    /// Many times what a partition's clients fetch ahead, which is work done before the measuring begins; fewer of large ones: the embedded
    /// broker keeps them all in memory.
    var records: Int { min(max(120_000, 40_000 * Int(partitions)), max(200, (192 << 20) / payload)) }
}

/// What is varied, and the values it takes.
struct ScalingAxis: Sendable {
    let name: String
    let title: String
    let values: [Int]
    let apply: @Sendable (Int, inout ScalingScenario) -> Void

    static let all = [
        ScalingAxis(name: "partitions", title: "partitions", values: [1, 2, 4, 8, 16]) { $1.partitions = Int32($0) },
        ScalingAxis(name: "workers", title: "workers, 16 partitions", values: [1, 2, 4]) {
            $1.workers = $0
            $1.partitions = 16
        },
        ScalingAxis(name: "services", title: "deployed services", values: [1, 10, 100, 1_000]) { $1.services = $0 },
        ScalingAxis(name: "keys", title: "states", values: [1_000, 10_000, 100_000, 1_000_000, 10_000_000]) {
            $1.keys = $0
        },
        ScalingAxis(name: "payload", title: "bytes of data", values: [100, 1_000, 10_000, 100_000, 900_000]) {
            $1.payload = $0
        },
        ScalingAxis(name: "parked", title: "parked messages", values: [0, 1_000, 10_000, 100_000, 1_000_000]) {
            $1.parked = $0
        },
    ]
}
