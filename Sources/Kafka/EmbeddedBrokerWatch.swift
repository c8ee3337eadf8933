/// Judges whether the embedded broker starves a consumer.
///
/// Each fetch lists all batches of its partition, and gives up when the fetch wait is over; so a wait that gives a low
/// latency ends with nothing, or next to it, once a partition has some ten thousand batches. This is seen by a consumer that
/// mostly waits and yet doesn't reach, within a second, the end it knew at that second's beginning.
struct EmbeddedBrokerWatch: Sendable {
    struct Progress: Sendable, Equatable {
        /// The next record to read.
        var position: Int64
        /// The offset after the last record, as the last fetch told it.
        var end: Int64
    }

    /// How long the thread has waited for events since the last look.
    var idle: Duration = .zero

    private var due: ContinuousClock.Instant
    private var judged: ContinuousClock.Instant
    private var before: [TopicPartition: Progress] = [:]
    private var strikes = 0

    init(now: ContinuousClock.Instant = .now) {
        due = now
        judged = now
    }

    /// Whether a quarter of a second has passed since the last look.
    mutating func isDue(_ now: ContinuousClock.Instant) -> Bool {
        guard now >= due else { return false }
        due = now + .milliseconds(250)
        return true
    }

    /// Begins anew: fetches were interrupted by ourselves.
    mutating func wasDisturbed() {
        before = [:]
        strikes = 0
    }

    /// Compares with what was seen a second ago; true after two bad seconds in a row.
    mutating func isStarving(_ now: ContinuousClock.Instant, _ progress: [TopicPartition: Progress]) -> Bool {
        let span = now - judged
        guard span >= .seconds(1) else { return false }
        let waited = idle >= span / 2
        let isBehind = progress.contains { partition, now in
            guard let then = before[partition], now.position < then.end else { return false }
            return now.position - then.position < EmbeddedBrokerWatch.trickle
        }
        (judged, before, idle) = (now, progress, .zero)
        strikes = waited && isBehind ? strikes + 1 : 0
        return strikes >= 2
    }

    /// A healthy fetch of a backlog gives tens of thousands of records in a second.
    private static let trickle: Int64 = 3000
}
