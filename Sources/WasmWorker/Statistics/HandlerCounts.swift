/// What one method has done: messages by outcome, and how long its runs took.
package struct HandlerCounts: Sendable {
    /// In the order of `HandledOutcome.allCases`.
    private var outcomes = InlineArray<4, Int>(repeating: 0)
    package private(set) var times = RunTimes()

    /// Nothing yet.
    package init() {}

    /// How many messages came to this.
    package subscript(outcome: HandledOutcome) -> Int { outcomes[HandlerCounts.place(of: outcome)] }

    /// One more message that came to this.
    package mutating func count(_ outcome: HandledOutcome) { outcomes[HandlerCounts.place(of: outcome)] += 1 }

    /// One more run.
    package mutating func ran(for nanoseconds: Int64) { times.record(nanoseconds) }

    mutating func add(_ other: HandlerCounts) {
        for place in outcomes.indices { outcomes[place] += other.outcomes[place] }
        times.add(other.times)
    }

    private static func place(of outcome: HandledOutcome) -> Int {
        switch outcome {
        case .ok: 0
        case .failed: 1
        case .parked: 2
        case .dead: 3
        }
    }
}
