/// Decides when a log that ends before the stored position has really lost something.
///
/// The embedded broker may tell a former end for five seconds (docs/embedded-broker.md). Whoever believes that has everything published again,
/// so it takes looks that were *begun* later than that: one that was begun early and answered late, over a slow connection or by a process that
/// stood still, says how it was when it was asked.
struct EndDoubt: Sendable {
    /// Between two looks.
    static let pause = Duration.milliseconds(500)
    private static let patience = Duration.seconds(6)
    /// A machine that gives the broker no time gives it none to take its notes either.
    private static let leastLooks = 6

    let position: Int64
    /// False where a log never loses anything by itself: then one look is enough, and the worker waits for a person.
    let isLogVolatile: Bool
    private let began: ContinuousClock.Instant
    private var looks = 0

    /// - Parameter now: when nobody could go on with the partition any more, which is after its claim.
    init(position: Int64, isLogVolatile: Bool, now: ContinuousClock.Instant) {
        self.position = position
        self.isLogVolatile = isLogVolatile
        began = now
    }

    /// Takes in a look that was begun at `asked`.
    mutating func isLost(end: Int64, asked: ContinuousClock.Instant) -> Bool {
        guard end < position else { return false }
        looks += 1
        return !isLogVolatile || (looks >= EndDoubt.leastLooks && began.duration(to: asked) >= EndDoubt.patience)
    }

    func reason(_ end: Int64) -> String { "the log ends at \(end), before the stored position \(position)" }
}
