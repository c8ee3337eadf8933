/// One thing that will be done, decided by the seed alone: when, what, for how long, and numbers that choose whom and how much.
package struct Fault: Sendable {
    package var number: Int
    package var kind: FaultKind
    /// From the begin of its round.
    package var at: Duration
    package var hold: Duration
    /// Chooses whom.
    package var pick: UInt64
    /// Chooses how much, from 0 to 1.
    package var strength: Double
}

/// The faults of one round: several at once, at random.
package enum FaultPlan {
    package static func make(
        seed: UInt64, round: Int, kinds: [FaultKind], duration: Duration, gap: Duration, from first: Int = 1
    ) -> [Fault] {
        var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(round))
        let bag = kinds.flatMap { Array(repeating: $0, count: $0.weight) }
        guard !bag.isEmpty else { return [] }
        var faults: [Fault] = []
        var at = Duration.milliseconds(500)
        while true {
            at += random.gap(mean: gap)
            guard at < duration else { return faults }
            let kind = bag[Int.random(in: 0..<bag.count, using: &random)]
            faults.append(
                Fault(
                    number: first + faults.count, kind: kind, at: at,
                    hold: .milliseconds(Int.random(in: kind.hold, using: &random)), pick: random.next(),
                    strength: Double.random(in: 0..<1, using: &random)))
        }
    }

    /// Each kind so many times, in an order of its own each time; to be done one after the other.
    package static func alone(seed: UInt64, kinds: [FaultKind], times: Int) -> [Fault] {
        var random = SeededGenerator(seed: seed &* 1_000_003)
        var faults: [Fault] = []
        for _ in 0..<times {
            for kind in kinds.shuffled(using: &random) {
                faults.append(
                    Fault(
                        number: faults.count + 1, kind: kind, at: .zero,
                        hold: .milliseconds(Int.random(in: kind.hold, using: &random)), pick: random.next(),
                        strength: Double.random(in: 0..<1, using: &random)))
            }
        }
        return faults
    }
}
