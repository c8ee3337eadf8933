import MeshCore

/// How far the relay is.
struct RelayCursor: Sendable {
    /// The last tick.
    var tick: Int64 = 0
    /// What ticks have delivered, as a `pg_snapshot`; at first nothing (transaction 3 is the first of a database's life).
    var seen = "3:3:"
    /// The sequence of the next message.
    var nextSequence: Int64 = 1
}

/// A place within a tick.
struct RelayPlace: Sendable, Equatable {
    var transaction: Int64 = 0
    var id: Int64 = 0
}

/// A message of the SQL lane.
struct RelayedMessage: Sendable {
    var topic: String
    var message: Message
}

/// Messages of a tick, in order.
struct RelayPage: Sendable {
    var messages: [RelayedMessage]
    var end: RelayPlace
    /// False where the bounds of a page cut it off, so that the tick may have more.
    var isLast: Bool
}

/// A tick that may have to be published again.
struct RecoveredTick: Sendable {
    var number: Int64
    var upTo: String
    var firstSequence: Int64
    /// The highest sequence that ticks say is safe.
    var doneSequence: Int64
}
