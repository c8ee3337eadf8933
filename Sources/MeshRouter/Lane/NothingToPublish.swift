import Outbox

/// Stands for sequences of a lane under which there is no row.
struct NothingToPublish: LanePublication {
    func acknowledged() async throws {}
}
