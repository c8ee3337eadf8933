import MeshCore

/// The decisions of one owned partition: what is loaded, run, committed, parked and when fetching pauses.
///
/// A pure value: events come in by the mutating methods, `actions(now:)` tells what to do next. It holds no clock, no
/// socket and no lock, so that it can be simulated. At any time there is at most one load, one parked fetch and one commit under way;
/// runs go on while a commit is under way, but never two of one order key or of one state key.
struct PartitionMachine: Sendable {
    let limits: PartitionLimits
    var generator: any RandomNumberGenerator & Sendable

    // Progress.
    var offsets: OffsetTracker
    var lanes: LaneFilter
    var nextSequence: Int64

    // Records that wait for a load, in log order, and those whose load is under way.
    var arrivals: [FetchedRecord] = []
    var loading: [FetchedRecord] = []
    var isLoading = false
    var isPaused = false

    // Per order key.
    var queues: [ServiceKey: KeyQueue] = [:]
    /// Keys that may be able to run, in the order they became so.
    var candidates: [ServiceKey] = []
    var isCandidate: Set<ServiceKey> = []
    /// Parked rows per key, including those in memory; complete only while `knowsAllParked`.
    var parkedCounts: [ServiceKey: Int] = [:]
    var knowsAllParked: Bool
    var nextParkedAt: Timestamp?
    var isLoadingParked = false
    /// Parked rows were left alone because their key was busy.
    var lookAgainForParked = false

    // Per state key.
    var states: [ServiceKey: StateSlot] = [:]
    var wantedStates: Set<ServiceKey> = []

    // Records and their open executions.
    var open: [Int64: OpenRecord] = [:]
    var queuedBytes = 0

    // Runs and commits.
    var nextRunID: UInt64 = 0
    var runningExecutions = 0
    var finished: [CommitUnit] = []
    var finishedSince: Timestamp?
    var commit = CommitState.idle
    /// Batches that a refused one was split into; they go first.
    var bisection: [[CommitUnit]] = []
    var isDraining = false

    /// The state of one key while something queued or running may touch it.
    struct StateSlot: Sendable {
        /// nil until it is loaded.
        var entry: StateEntry?
        /// Executions that refer to it.
        var users = 0
        /// True while a run may change it, until that run's commit.
        var isBusy = false
    }

    /// A record that isn't done.
    struct OpenRecord: Sendable {
        var executions: Int
        var byteCount: Int
        var inboxID: String?
    }

    enum CommitState: Sendable {
        case idle
        /// A turn has been asked for.
        case requested
        case inFlight(units: [CommitUnit], plan: CommitPlan)
    }

    init(claim: PartitionStart, limits: PartitionLimits, generator: any RandomNumberGenerator & Sendable) {
        self.limits = limits
        self.generator = generator
        offsets = OffsetTracker(nextOffset: claim.nextOffset, bitmap: claim.completed)
        lanes = LaneFilter(durable: claim.marks, currentEpochs: claim.laneEpochs)
        nextSequence = claim.nextSequence
        nextParkedAt = claim.nextParkedAt
        knowsAllParked = claim.nextParkedAt == nil
    }
}

/// Where an owner begins, as read when it claimed the partition.
struct PartitionStart: Sendable {
    var nextOffset: Int64
    var completed: [UInt8] = []
    var marks: [Int64: LaneFilter.Mark] = [:]
    var laneEpochs: [Int64: Int64] = [:]
    var nextSequence: Int64
    /// When the first parked message is due; nil when none is parked.
    var nextParkedAt: Timestamp?
}
