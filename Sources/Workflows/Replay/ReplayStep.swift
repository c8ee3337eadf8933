package import Outbox

/// One step of a replay: what the code asked for, or was told.
package struct ReplayStep: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The code gave a command, the one that the journal has.
        case command
        /// The code waited and was told of this entry.
        case told
        /// The code was told that it is being cancelled.
        case cancelled
    }

    /// From 1.
    package var number: Int
    package var kind: Kind
    /// The entry of the journal: of a command itself; of what was told the entry that completed the operation.
    package var entry: JournalEntry
    /// The operation that a wait was for; of a command, the one that it began. 0 for none.
    package var operation: Int32
    /// The step in words: `calls shop.Payments/capture {"amount":3}`.
    package var text: String
    /// The state of the key as far as the code has read it, or it and its local steps have written it; nil where they haven't, or there was none.
    package var state: [UInt8]?
}

/// How a replay ended.
package enum ReplayEnd: Sendable, Equatable {
    /// The code did what the journal has, and waits, goes on, or has ended.
    case agrees(String)
    case difference(WorkflowDifference)
    /// The code couldn't be run on: a crash, or a package without the method.
    case failed(String)
    /// Whoever looked on had enough.
    case stopped
}
