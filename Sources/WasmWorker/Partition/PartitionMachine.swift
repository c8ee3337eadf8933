import MeshCore
import Outbox

/// The decisions of one service about one owned partition: what is loaded, run, committed, parked and when fetching pauses.
///
/// A pure value: events come in by the mutating methods, `actions(now:)` tells what to do next. It holds no clock, no
/// socket and no lock, so that it can be simulated. At any time there is at most one load, one parked fetch and one commit under way;
/// runs go on while a commit is under way, but never two of one order key or of one state key.
struct PartitionMachine: Sendable {
    let id: PartitionID
    let epoch: Int64
    let lane: Int64
    /// How many partitions each topic of the mesh has.
    let partitionCount: Int32
    /// Whether the log may be lost as a whole, so that what is done has to be known by stamp as well as by offset.
    let isLogVolatile: Bool
    /// The log's end when the partition was claimed; what is seen since moves it on.
    let logEndAtClaim: Int64
    let limits: PartitionLimits
    var generator: any RandomNumberGenerator & Sendable

    // Progress.
    var offsets: OffsetTracker
    var lanes: LaneFilter
    var nextSequence: Int64
    /// The next offset as last committed: what the fence expects.
    var storedOffset: Int64

    // Records that wait for a load, in log order, and those whose load is under way.
    var arrivals: [FetchedRecord] = []
    /// Records behind those, too far above the lowest open one for the bitmap of what is done, in log order.
    var distant: ArraySlice<FetchedRecord> = []
    var loading: [FetchedRecord] = []
    var isLoading = false
    var isPaused = false

    // Per order key.
    var queues: [StateKey: KeyQueue] = [:]
    /// Keys that may be able to run, in the order they became so.
    var candidates: [StateKey] = []
    /// Parked rows per key, including those in memory; complete only while `knowsAllParked`.
    var parkedCounts: [StateKey: Int] = [:]
    var knowsAllParked: Bool
    var nextParkedAt: Timestamp?
    var isLoadingParked = false
    /// Keys whose parked rows changed while something read them; what was read of them is out of date.
    var parkedChangedSinceLoad: Set<StateKey> = []
    var parkedChangedSinceFetch: Set<StateKey> = []
    /// Parked rows were left alone because their key was busy.
    var lookAgainForParked = false

    // Timers.
    var nextTimerAt: Timestamp?
    var isLoadingTimers = false
    /// Timers that are queued, running or being committed.
    var openTimers: Set<WorkflowTimer> = []
    /// Timers that were removed while something read them.
    var timersRemovedSinceFetch: Set<WorkflowTimer> = []
    /// When timers and parked messages are due that were added while something read them.
    var timerExpectedSinceFetch: Timestamp?
    var parkedExpectedSinceFetch: Timestamp?
    /// The last fetch left timers of open ones' workflows alone.
    var hasExcludedTimers = false

    /// Workflows as the last commit left them, for the cache.
    var committedWorkflows: [WorkflowID: WorkflowRecord?] = [:]

    // Per state key.
    var states: [StateKey: StateSlot] = [:]
    var wantedStates: Set<StateKey> = []
    /// Those of them that the load under way asks for.
    var loadingStates: Set<StateKey> = []
    var wantedContents: Set<StateKey> = []

    /// Records that aren't done, by offset.
    var open: [Int64: OpenRecord] = [:]
    /// Ids from outside of records that aren't done: the inbox doesn't know them yet.
    var openIDs: Set<ExactText> = []
    var queuedBytes = 0

    // Runs and commits.
    var nextRunID: UInt64 = 0
    var runningExecutions = 0
    var finished: [CommitUnit] = []
    /// The sum of their weights.
    var finishedWeight = 0
    var finishedSince: Timestamp?
    var commit = CommitState.idle
    /// Batches that a refused one was split into; they go first.
    var bisection: [[CommitUnit]] = []
    /// How often in a row a commit failed for a cause that passes, and when it is tried again.
    var transientFailures = 0
    var commitRetryAt: Timestamp?
    /// No new run starts; what is under way is committed.
    var isDraining = false

    // What the lane has published.
    var acknowledgedSequence: Int64
    /// The commits whose messages aren't all safe in Kafka, in order: the last sequence of each, and the bytes of its messages.
    var unacknowledged: ArraySlice<(upTo: Int64, bytes: Int)> = []
    var unacknowledgedBytes = 0
    var storedAcknowledgedSequence: Int64
    /// When an acknowledgement that no batch carried is stored by itself.
    var acknowledgementDueAt: Timestamp?

    /// The state of one key while something queued or running may touch it.
    struct StateSlot: Sendable {
        /// nil until it is loaded.
        var entry: StateEntry?
        /// Nil until it is loaded, which it is only where an execution needs it.
        var contents: KeyContents?
        /// Executions that refer to it.
        var users = 0
        /// True while a run may change it, until that run's commit.
        var isBusy = false

        /// Counts one more user; tells what is loaded.
        mutating func retain(orElse found: StateEntry?) -> (hasEntry: Bool, hasContents: Bool) {
            users += 1
            if entry == nil { entry = found }
            return (entry != nil, contents != nil)
        }
    }

    /// A record that isn't done.
    struct OpenRecord: Sendable {
        var byteCount: Int
        var inboxID: String?
    }

    enum CommitState: Sendable {
        case idle
        /// A turn has been asked for.
        case requested
        case inFlight(PendingCommit)
    }

    init(
        _ id: PartitionID, claim: PartitionClaim, partitionCount: Int32, isLogVolatile: Bool = false, logEnd: Int64 = 0,
        limits: PartitionLimits,
        generator: any RandomNumberGenerator & Sendable
    ) {
        self.id = id
        self.epoch = claim.epoch
        self.lane = claim.lane.id
        self.partitionCount = partitionCount
        self.isLogVolatile = isLogVolatile
        logEndAtClaim = logEnd
        self.limits = limits
        self.generator = generator
        offsets = OffsetTracker(nextOffset: claim.nextOffset, bitmap: claim.completed)
        lanes = LaneFilter(
            durable: claim.watermarks, currentEpochs: claim.laneEpochs, gaps: claim.laneGaps,
            doneStamps: claim.completedStamps)
        nextSequence = claim.lane.nextSequence
        nextParkedAt = claim.nextParkedDue
        knowsAllParked = claim.nextParkedDue == nil
        nextTimerAt = claim.nextTimerDue
        storedOffset = claim.nextOffset
        acknowledgedSequence = claim.lane.acknowledgedSequence
        storedAcknowledgedSequence = claim.lane.acknowledgedSequence
    }
}
