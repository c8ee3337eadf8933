import Outbox

/// A commit under way: what to do with its parts once its outcome is known.
struct PendingCommit: Sendable {
    var units: [CommitUnit]
    var batch: BatchCommit
    /// The offsets that are done with it.
    var finishedOffsets: [Int64]
    /// The committed state of the keys it writes or read.
    var states: [(key: StateKey, entry: StateEntry)]
    /// How many parked rows it adds (or removes, negative) per key.
    var parkedChange: [StateKey: Int]
    /// What is counted once it is committed.
    var handled: HandlerTally
}
