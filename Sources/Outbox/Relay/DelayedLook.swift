import MeshCore

/// Decides from where on the relay looks for delayed sends that are due.
///
/// While some transaction keeps an old snapshot, Postgres can't forget the places of what was sent since, and a look from the beginning walks
/// over all of them. So most looks begin a little before what was sent last. What a transaction commits with a time that has long
/// passed is found by a look from the beginning, which is made now and then; where that finds more than one look sends, the next ones go on
/// from there.
struct DelayedLook: Sendable {
    /// How often it is looked from the beginning, and how far before what was sent last the others begin.
    static let period = Duration.seconds(10)

    private var lastDue: Timestamp?
    private var wholeAt: ContinuousClock.Instant?
    /// Since a look from the beginning each look has sent something, up to there.
    private var walkedTo: Timestamp?
    private var isWalking = false

    /// From where on to look at `now`; nil: from the beginning.
    mutating func start(at now: ContinuousClock.Instant) -> Timestamp? {
        if let wholeAt, now < wholeAt { return (walkedTo ?? lastDue)?.advanced(by: .zero - DelayedLook.period) }
        wholeAt = now + DelayedLook.period
        isWalking = true
        return nil
    }

    mutating func saw(_ due: DueSends) {
        isWalking = isWalking && due.sent > 0
        walkedTo = isWalking ? due.lastDue : nil
        // A look from the beginning may find old ones.
        if let last = due.lastDue { lastDue = max(lastDue ?? last, last) }
    }
}
