/// Where in which lane a message was published: what consumers deduplicate by.
package struct LaneStamp: Sendable, Hashable {
    /// `mesh.lane.id`.
    package var lane: Int64
    /// The lane's epoch; rises when everything retained is published anew (a broker that came back empty).
    package var epoch: Int64
    /// Rises by one per message of the lane.
    package var sequence: Int64

    package init(lane: Int64, epoch: Int64, sequence: Int64) {
        self.lane = lane
        self.epoch = epoch
        self.sequence = sequence
    }
}
