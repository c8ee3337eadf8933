/// A fault that was done, and what came of it.
package struct FaultRecord: Sendable {
    package var fault: Fault
    /// Nothing else was done until it was recovered from.
    package var isAlone: Bool
    /// Whom and how, for people.
    package var what: String
    package var began: ContinuousClock.Instant
    package var ended: ContinuousClock.Instant
    /// False where it couldn't be done: its target was down already, say.
    package var wasDone: Bool
    /// From its begin until everything worked again; nil where that wasn't seen before the end.
    package var recovery: Duration?
}
