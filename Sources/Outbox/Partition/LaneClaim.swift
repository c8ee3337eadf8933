/// A lane as its owner got it.
package struct LaneClaim: Sendable, Equatable {
    /// `mesh.lane.id`, as in the header `mesh_lane`.
    package var id: Int64
    /// Rises when everything retained is published anew.
    package var epoch: Int64
    /// The sequence of the next message.
    package var nextSequence: Int64
    /// All rows up to this one are safe in the log; those above, if any, must be published (again) before anything new.
    package var acknowledgedSequence: Int64

    package init(id: Int64, epoch: Int64, nextSequence: Int64, acknowledgedSequence: Int64) {
        self.id = id
        self.epoch = epoch
        self.nextSequence = nextSequence
        self.acknowledgedSequence = acknowledgedSequence
    }

    /// True where rows may wait that the last owner committed and did not see acknowledged.
    package var hasUnacknowledged: Bool { nextSequence - 1 > acknowledgedSequence }
}
