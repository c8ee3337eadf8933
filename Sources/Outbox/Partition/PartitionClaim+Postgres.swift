import MeshCore
import Postgres

extension PartitionClaim {
    init(claimed: PostgresResult, watermarks: PostgresResult, laneEpochs: PostgresResult) throws(PostgresError) {
        guard let row = claimed.first else { throw PostgresError(.value, "mesh.claim returned no row") }
        var marks: [Int64: LaneWatermark] = [:]
        for mark in watermarks {
            marks[try mark.int64(0)] = LaneWatermark(epoch: try mark.int64(1), sequence: try mark.int64(2))
        }
        var epochs: [Int64: Int64] = [:]
        for lane in laneEpochs { epochs[try lane.int64(0)] = try lane.int64(1) }
        self.init(
            epoch: try row.int64(0), nextOffset: try row.int64(1), completed: try row.bytes(2),
            lane: LaneClaim(
                id: try row.int64(5), epoch: try row.int64(6), nextSequence: try row.int64(7),
                acknowledgedSequence: try row.int64(8)),
            watermarks: marks, laneEpochs: epochs, nextParkedDue: try row.timestampIfAny(9))
        let lanes = try row.int64s(3)
        let sequences = try row.int64s(4)
        completedStamps = zip(lanes, sequences).map { lane, sequence in
            LaneStamp(lane: lane, epoch: epochs[lane] ?? 1, sequence: sequence)
        }
    }
}
