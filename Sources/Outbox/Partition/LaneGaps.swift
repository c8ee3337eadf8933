package import MeshCore

/// What a restored database doesn't know of the log: what was sent between the backup and its restore.
package struct LaneGaps: Sendable, Equatable {
    /// By worker lane, the sequences that weren't used yet at the backup: the causes of what came under them run again.
    package var sequences: [Int64: [ClosedRange<Int64>]]
    /// Lanes that may have been made since; of workers are those with even numbers.
    package var lanes: [ClosedRange<Int64>]
    /// By lane, sequences of messages that may be in the log under others of these too, with the same id.
    package var doubts: [Int64: [ClosedRange<Int64>]]

    package init(
        sequences: [Int64: [ClosedRange<Int64>]] = [:], lanes: [ClosedRange<Int64>] = [],
        doubts: [Int64: [ClosedRange<Int64>]] = [:]
    ) {
        self.sequences = sequences
        self.lanes = lanes
        self.doubts = doubts
    }

    /// Whether a message with this stamp may have come before under another one: its id tells, as of one from outside.
    package func isDoubtful(_ stamp: LaneStamp) -> Bool {
        if doubts.isEmpty { return false }
        return doubts[stamp.lane]?.contains { $0.contains(stamp.sequence) } ?? false
    }

    /// Whether a message with this stamp is of that time, and is sent anew.
    package func contain(_ stamp: LaneStamp) -> Bool {
        // Nearly always there was no restore.
        if sequences.isEmpty, lanes.isEmpty { return false }
        if sequences[stamp.lane]?.contains(where: { $0.contains(stamp.sequence) }) == true { return true }
        return stamp.lane.isMultiple(of: 2) && lanes.contains { $0.contains(stamp.lane) }
    }
}
