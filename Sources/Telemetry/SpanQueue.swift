import MeshCore

/// Spans that wait to be exported: a bounded number, beyond which new ones are counted and dropped.
struct SpanQueue {
    /// Some 500 bytes each.
    static let capacity = 8192
    /// The most in one request.
    static let batch = 512

    private(set) var waiting: [Span] = []
    /// Since the last that was told of.
    private(set) var dropped = 0
    private var failures = 0

    /// Whether there is enough for a whole request.
    var hasBatch: Bool { waiting.count >= SpanQueue.batch }

    /// Keeps a span if there is room.
    mutating func add(_ span: Span) {
        if waiting.count < SpanQueue.capacity { waiting.append(span) } else { dropped += 1 }
    }

    /// The oldest, to be sent; they stay until `sent` or `refused` says what came of them.
    var next: ArraySlice<Span> { waiting.prefix(SpanQueue.batch) }

    /// The collector took the first `count`.
    mutating func sent(_ count: Int) {
        waiting.removeFirst(count)
        failures = 0
    }

    /// The collector will never take the first `count`.
    mutating func refused(_ count: Int) {
        waiting.removeFirst(count)
        dropped += count
    }

    /// The collector couldn't be reached, or asks for patience: how long to wait before the next attempt, 1 s to 30 s.
    mutating func failed() -> Duration {
        failures += 1
        return .seconds(min(30, 1 << min(failures - 1, 5)))
    }

    /// How many were dropped since this was last asked.
    mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }

    /// Lets go of everything; how many are lost with that.
    mutating func dropAll() -> Int {
        dropped += waiting.count
        waiting = []
        return takeDropped()
    }
}
