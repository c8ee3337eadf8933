import MeshCore
import Outbox

/// What the partition's shell is to do.
enum PartitionAction: Sendable {
    /// Look up what is known of these; answer with `loaded`.
    case load(ids: [String], states: [StateKey], parked: [StateKey], contents: [StateKey])
    /// Run these on sandbox threads; answer each with `ran`.
    case run([KeyRun])
    /// Ask for a turn to commit; answer with `makeCommit` when it comes.
    case requestCommit
    /// Fetch due parked messages; answer with `parkedLoaded`.
    case loadParked(limit: Int, excluding: Set<StateKey>)
    /// Fetch due timers, but for those of these workflows; answer with `timersLoaded`.
    case loadTimers(limit: Int, excluding: Set<WorkflowID>)
    case pauseFetching
    case resumeFetching
    /// Look again at this time.
    case wake(at: Timestamp)
}

/// How a commit failed.
enum CommitFailure: Sendable, Equatable {
    /// Somebody else owns the partition, or it can't be known whether the commit took effect: drop everything and claim anew.
    case fenced
    case stateConflict([StateKey])
    case duplicateIDs([String])
    /// Nothing is wrong with it (deadlock, overload): the same again.
    case transient
    /// Postgres refuses some row of it.
    case refused(String)
}
