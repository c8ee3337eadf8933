/// A line of the product that keeps a promise, taken away: what a simulator that is worth its time must notice.
///
/// These are the lines that lie in SQL, or between a worker and its store; those of Swift's own are patches (Tests/Mutants).
enum Mutant: String, CaseIterable {
    /// `mesh.advance` doesn't look at epoch and offset.
    case fenceRemoved = "fence-removed"
    /// The position moves over records that aren't done.
    case offsetEarly = "offset-early"
    /// The janitor empties the outbox without looking at what is acknowledged.
    case outboxEarly = "outbox-early"
    /// Of a key's parked messages any one is due, and those behind it come in the wrong order.
    case parkedOrder = "parked-order"
    /// Timers aren't removed when they fire.
    case timerTwice = "timer-twice"
    /// What was handed to the producer counts as acknowledged.
    case acknowledgedEarly = "acknowledged-early"
    /// A claim doesn't tell the watermarks of lanes.
    case watermarksForgotten = "watermarks-forgotten"
    /// The inbox is neither asked nor unique.
    case inboxForgotten = "inbox-forgotten"
    /// A state's version isn't checked.
    case versionsIgnored = "versions-ignored"
    /// What the last owner left isn't published.
    case leftoversForgotten = "leftovers-forgotten"
    /// A reset doesn't raise the lanes' epochs.
    case resetKeepsEpochs = "reset-keeps-epochs"
    /// A reset publishes again only what went to the topics that were lost.
    case refillOfLostOnly = "refill-of-lost-only"
    /// A relay that takes over doesn't go through the ticks.
    case ticksForgotten = "ticks-forgotten"
    /// The lease of a lane isn't checked.
    case leaseIgnored = "lease-ignored"
    /// The bitmap of what is done above the position isn't stored.
    case bitmapForgotten = "bitmap-forgotten"
    /// A batch's outgoing messages are written by a transaction of their own.
    case outboxApart = "outbox-apart"
    /// What was sent later isn't removed where it waited once it is on its way.
    case delayedTwice = "delayed-twice"
    /// What was sent later is sent before its time.
    case delayedEarly = "delayed-early"

    /// Whether it takes hundreds of seeds to notice: then a budget that fits the tests says nothing when it survives.
    var isRare: Bool { [.resetKeepsEpochs, .refillOfLostOnly, .ticksForgotten].contains(self) }
}
