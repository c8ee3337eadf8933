/// Where reading a partition shall begin, and under which ticket that was asked for; nil: nobody asked.
struct Beginning: Sendable {
    var offset: Int64
    var ticket: UInt64?
}

/// Partitions that shall be read and aren't yet, gathered for a short while.
struct PendingStarts: Sendable {
    private(set) var beginnings: [TopicPartition: Beginning] = [:]
    private var first: ContinuousClock.Instant?
    private var last: ContinuousClock.Instant?

    mutating func add(_ partition: TopicPartition, _ beginning: Beginning, now: ContinuousClock.Instant) {
        beginnings[partition] = beginning
        first = first ?? now
        last = now
    }

    mutating func remove(_ partition: TopicPartition) { beginnings[partition] = nil }

    mutating func take() -> [TopicPartition: Beginning] {
        defer { self = PendingStarts() }
        return beginnings
    }

    /// When they are worth an assignment, though others are missing: when no more has come for a while, or it has been long.
    var due: ContinuousClock.Instant? {
        guard !beginnings.isEmpty, let first, let last else { return nil }
        return min(last + .milliseconds(25), first + .milliseconds(250))
    }

    func isDue(_ now: ContinuousClock.Instant) -> Bool { due.map { $0 <= now } ?? false }
}

/// Partitions that are read and shall be read from elsewhere.
struct PendingSeeks: Sendable {
    private(set) var beginnings: [TopicPartition: Beginning] = [:]
    private(set) var due: ContinuousClock.Instant?

    mutating func add(_ partition: TopicPartition, _ beginning: Beginning, due: ContinuousClock.Instant = .now) {
        beginnings[partition] = beginning
        self.due = min(self.due ?? due, due)
    }

    mutating func remove(_ partition: TopicPartition) {
        beginnings[partition] = nil
        if beginnings.isEmpty { due = nil }
    }

    func isDue(_ now: ContinuousClock.Instant) -> Bool { due.map { $0 <= now } ?? false }
}
