/// What came of a message that was given to its handler, as the worker's metrics tell it.
package enum HandledOutcome: String, CaseIterable, Sendable {
    /// Its effects took place.
    case ok
    /// Answered with an error that is nobody's loss: whoever waited for it has been told.
    case failed
    /// Put off for another attempt.
    case parked
    /// Given up, and kept as a dead letter.
    case dead
}
