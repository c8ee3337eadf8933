/// The highest sequence of a lane among the records of a partition below its next offset.
///
/// Sequences never start again, not even with a new epoch, so a record whose sequence is not above this is a duplicate whatever its epoch.
/// The epoch is for the other direction: a record of an epoch below the lane's current one is stale, for what it brings is published again.
package struct LaneWatermark: Sendable, Hashable {
    package var epoch: Int64
    package var sequence: Int64

    package init(epoch: Int64, sequence: Int64) {
        self.epoch = epoch
        self.sequence = sequence
    }
}
