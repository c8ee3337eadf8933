/// When the embedded broker is started anew: when it has ended, and when it holds so much that it has become slow.
///
/// It never lets go of a record, and each of its lists goes through all batches of a partition, so one that runs for long ends up answering
/// nothing. An empty one costs a mesh some seconds and no message: what isn't consumed is published again.
struct BrokerUpkeep: Sendable {
    enum Reason: Sendable, Equatable {
        case ended
        case grown(bytes: Int)
    }

    /// Above this much resident memory it is started anew.
    var memoryMax = 256 << 20
    /// The least time between two starts because of memory: a backlog comes back with each of them.
    var leastAge = Duration.seconds(300)

    private var startedAt: ContinuousClock.Instant

    init(startedAt: ContinuousClock.Instant = .now) { self.startedAt = startedAt }

    /// Judges what a look at the process found; nil memory where it doesn't run.
    func reason(memory: Int?, now: ContinuousClock.Instant) -> Reason? {
        guard let memory else { return .ended }
        return memory > memoryMax && now - startedAt >= leastAge ? .grown(bytes: memory) : nil
    }

    mutating func started(at now: ContinuousClock.Instant) { startedAt = now }
}
