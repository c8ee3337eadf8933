package import MeshCore

/// A partition as its new owner got it; everybody who owned it before is fenced.
package struct PartitionClaim: Sendable, Equatable {
    package var epoch: Int64
    /// Where to read from.
    package var nextOffset: Int64
    /// Which offsets from `nextOffset` on are done: bit i (least significant first) of byte n is offset `nextOffset + 8n + i`.
    package var completed: [UInt8]
    /// What is done above `nextOffset` by stamp, where commits told (`BatchCommit.completedStamps`): to be taken as seen, for after a
    /// broker has come back empty `completed` is empty and these are published again.
    package var completedStamps: [LaneStamp] = []
    /// The lane of what this partition's handlers send.
    package var lane: LaneClaim
    /// By lane id; a lane that isn't in it has brought nothing yet.
    package var watermarks: [Int64: LaneWatermark]
    /// The current epoch of every lane; a record of an epoch below it is stale. A lane that isn't in it is newer than this claim.
    package var laneEpochs: [Int64: Int64]
    /// What a restored database doesn't know: it is sent anew.
    package var laneGaps = LaneGaps()
    /// When the first parked message is due; nil when nothing is parked.
    package var nextParkedDue: Timestamp?
    /// When the first timer is due; nil when there is none.
    package var nextTimerDue: Timestamp?

    package init(
        epoch: Int64, nextOffset: Int64, completed: [UInt8], lane: LaneClaim, watermarks: [Int64: LaneWatermark],
        laneEpochs: [Int64: Int64], nextParkedDue: Timestamp?
    ) {
        self.epoch = epoch
        self.nextOffset = nextOffset
        self.completed = completed
        self.lane = lane
        self.watermarks = watermarks
        self.laneEpochs = laneEpochs
        self.nextParkedDue = nextParkedDue
    }
}
