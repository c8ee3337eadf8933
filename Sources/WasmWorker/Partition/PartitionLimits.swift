/// The bounds of one partition's loop (I8).
struct PartitionLimits: Sendable {
    /// Executions that run or wait for a commit at a time.
    var runningMax = 1024
    /// Executions of one key handed to a sandbox thread at a time; more only as one list of a batch handler's.
    var keyRunMax = 64
    /// Inputs of one workflow that share an activation: each activation goes through the whole journal.
    var activationMax = 500
    /// Executions in one commit, and the bytes they write.
    var batchMax = 500
    var batchBytesMax = 8 << 20
    /// Records held in memory; above, fetching pauses, and goes on below half of it.
    var queuedMax = 4000
    var queuedBytesMax = 32 << 20
    /// Keys whose states are asked for in one load, and those of them whose workflows come with their whole journals; the others wait for the next one.
    var loadKeysMax = 256
    var loadContentsMax = 64
    /// Messages parked behind one key; above, they are dead letters.
    var parkedPerKeyMax = 1000
    /// Keys whose parked messages are fetched at a time, each with up to `keyRunMax` that wait behind its head, as far as all of them fit into `queuedBytesMax`.
    var parkedFetchMax = 20
    /// How long after a fetch of parked messages that brought nothing the next one is made at the earliest.
    var emptyFetchPause = Duration.milliseconds(50)
    /// Timers in memory.
    var timersMax = 1000
    /// How long finished work waits for slower work to share its commit.
    var commitLinger = Duration.milliseconds(2)
    /// How long an acknowledgement waits for a batch to be stored with.
    var acknowledgementDelay = Duration.seconds(1)
    /// Messages that are committed and not known to be in the log; at the bound nothing new runs, so that a log that takes nothing fills no memory.
    var unacknowledgedMax: Int64 = 20_000
    /// The bytes of those messages' data; the commit that reaches it may go beyond.
    var unacknowledgedBytesMax = 64 << 20
    /// The longest pause before a commit that failed for a cause that passes is tried again; the first time there is none.
    var commitRetryMax = Duration.seconds(1)
    /// Keys whose parked rows are remembered; above, they are looked up.
    var parkedKeysMax = 50_000
}
