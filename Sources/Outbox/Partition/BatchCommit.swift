package import MeshCore

/// Everything that one transaction of a partition writes; all of it takes place or nothing.
///
/// A batch without records is fine: it stores the lane's acknowledged sequence, or moves parked messages.
package struct BatchCommit: Sendable {
    package var partition: PartitionID
    /// The fence: the owner's epoch and the next offset that it believes to be stored.
    package var epoch: Int64
    package var expectedNextOffset: Int64
    /// The lowest offset that isn't done after this batch.
    package var nextOffset: Int64
    /// What is done above it (`PartitionClaim.completed` tells the form); at most 512 bytes.
    package var completed: [UInt8] = []
    /// The stamps of those that are done above it. Needed only with a broker that may come back empty (`broker_durable` is false), where
    /// offsets lose their meaning; leave it empty otherwise.
    package var completedStamps: [LaneStamp] = []
    /// The end of the log as the owner last saw it, for `mesh.lag`; nil leaves what is stored.
    package var logEnd: Int64?
    /// The watermarks that have changed, of records below `nextOffset`.
    package var watermarks: [Int64: LaneWatermark] = [:]
    /// The partition's own lane after this batch.
    package var lane: Int64
    package var nextSequence: Int64
    package var acknowledgedSequence: Int64
    /// Ids of messages from outside the mesh.
    package var inboxIDs: [String] = []
    /// At most one per key.
    package var stateWrites: [StateWrite] = []
    /// At most one per workflow; its key is one of this partition's.
    package var workflows: [WorkflowWrite] = []
    /// Timers beyond those of `workflows`; the removals take place first.
    package var timersAdded: [WorkflowTimer] = []
    package var timersRemoved: [WorkflowTimer] = []
    /// At most one per schedule; its key is one of this partition's.
    package var schedules: [ScheduleRow] = []
    /// Calls of handlers by their schedules that are done with, whatever came of them: the schedules' keys.
    package var scheduledEnds: [StateKey] = []
    /// When.
    package var scheduledEndsAt: Timestamp?
    package var outbox: [OutboxRow] = []
    /// Calls that are sent later, in order.
    package var delayedSends: [DelayedSend] = []
    /// Calls that workflows make to the outside.
    package var httpCalls: [NewHTTPCall] = []
    package var callResults: [CallResult] = []
    /// In the order in which those of one key must run.
    package var parked: [NewParkedMessage] = []
    package var parkedAgain: [ParkedAttempt] = []
    /// Parked messages that are done or dead; the next one of each key becomes due at once.
    package var parkedDone: [Int64] = []
    package var deadLetters: [NewDeadLetter] = []

    /// A batch that changes nothing yet.
    package init(
        partition: PartitionID, epoch: Int64, expectedNextOffset: Int64, nextOffset: Int64, lane: Int64,
        nextSequence: Int64, acknowledgedSequence: Int64
    ) {
        self.partition = partition
        self.epoch = epoch
        self.expectedNextOffset = expectedNextOffset
        self.nextOffset = nextOffset
        self.lane = lane
        self.nextSequence = nextSequence
        self.acknowledgedSequence = acknowledgedSequence
    }
}

/// What a commit brought about beyond what was asked.
package struct CommitReceipt: Sendable, Equatable {
    /// The ids of the parked messages, in the order of `BatchCommit.parked`.
    package var parkedIDs: [Int64]
    /// The ids of the dead letters, in the order of `BatchCommit.deadLetters`.
    package var deadLetterIDs: [Int64]

    package init(parkedIDs: [Int64] = [], deadLetterIDs: [Int64] = []) {
        self.parkedIDs = parkedIDs
        self.deadLetterIDs = deadLetterIDs
    }
}
