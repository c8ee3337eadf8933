import MeshCore

/// Everything one transaction of a partition writes; see docs/design/message-path.md, "One commit".
struct CommitPlan: Sendable {
    /// What the position must be for the commit to hold (the fence).
    var expectedNextOffset: Int64
    var nextOffset: Int64
    /// Done offsets above `nextOffset`.
    var completed: [UInt8]
    /// Lane marks that become durable.
    var marks: [Int64: LaneFilter.Mark] = [:]
    /// Ids of messages from outside, by which they are known again.
    var inboxIDs: [String] = []
    var states: [StateWrite] = []
    var outbox: [OutboxMessage] = []
    var results: [KeptResult] = []
    var parkedInserts: [ParkedInsert] = []
    var parkedUpdates: [ParkedUpdate] = []
    var parkedDeletes: [Int64] = []
    var deadLetters: [DeadLetter] = []
    /// The sequence the next message of the lane gets after this commit.
    var nextSequence: Int64

    struct StateWrite: Sendable {
        var key: ServiceKey
        /// 0: there is no row yet.
        var expectedVersion: Int64
        /// nil deletes.
        var data: [UInt8]?
    }

    struct OutboxMessage: Sendable {
        var sequence: Int64
        var destination: Destination
        var message: Message
    }

    /// Where a message goes; the partition is known only for answers, everything else goes by its key.
    struct Destination: Sendable, Hashable {
        var topic: String
        var partition: Int32?
    }

    /// The answer to a call that somebody polls or repeats.
    struct KeptResult: Sendable {
        var call: String
        var status: ReplyStatus
        var data: [UInt8]
    }

    struct ParkedInsert: Sendable {
        var execution: Execution
        var nextAttemptAt: Timestamp
        /// nil for one that only waits behind another.
        var cause: Failure?
    }

    struct ParkedUpdate: Sendable {
        var id: Int64
        var attempt: Int
        var nextAttemptAt: Timestamp
        var cause: Failure
    }

    struct DeadLetter: Sendable {
        var service: String
        var method: String?
        /// What is kept of the message: decoded where it could be, raw otherwise.
        var message: Message
        var offset: Int64
        var attempts: Int
        var cause: Failure
    }
}
