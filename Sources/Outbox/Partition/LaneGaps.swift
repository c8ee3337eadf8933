package import MeshCore

/// What was sent between a backup of the database and its restore: the restored tables don't know it, and its causes run again.
package struct LaneGaps: Sendable, Equatable {
    /// By worker lane, the sequences that weren't used yet at the backup.
    package var sequences: [Int64: [ClosedRange<Int64>]]
    /// Lanes that may have been made since; of workers are those with even numbers.
    package var lanes: [ClosedRange<Int64>]

    package init(sequences: [Int64: [ClosedRange<Int64>]] = [:], lanes: [ClosedRange<Int64>] = []) {
        self.sequences = sequences
        self.lanes = lanes
    }

    /// Whether a message with this stamp is of that time, and is sent anew.
    package func contain(_ stamp: LaneStamp) -> Bool {
        // Nearly always there was no restore.
        if sequences.isEmpty, lanes.isEmpty { return false }
        if sequences[stamp.lane]?.contains(where: { $0.contains(stamp.sequence) }) == true { return true }
        return stamp.lane.isMultiple(of: 2) && lanes.contains { $0.contains(stamp.lane) }
    }
}
