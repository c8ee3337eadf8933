/// What a router learns of a lane that it gives up.
package struct AbandonedLane: Sendable, Equatable {
    /// The sequence that the lane's next message gets.
    package var nextSequence: Int64
    /// Whether it was still this router's: else somebody else may have used the sequences that it meant to use.
    package var wasOurs: Bool

    package init(nextSequence: Int64, wasOurs: Bool) {
        self.nextSequence = nextSequence
        self.wasOurs = wasOurs
    }
}
