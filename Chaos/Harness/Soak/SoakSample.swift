/// What was seen at one moment of a soak.
struct SoakSample: Sendable {
    var at: Duration
    /// Resident memory in MB, open descriptors, threads, by process.
    var memory: [String: Double] = [:]
    var descriptors: [String: Double] = [:]
    /// Sizes in MB, by table; rotated children count as one.
    var tables: [String: Double] = [:]
    var p50 = 0.0
    var p99 = 0.0
    var failures = 0
    /// Messages done in a second since the last sample.
    var rate = 0.0
    /// Sent and not done yet.
    var behind = 0.0
}
