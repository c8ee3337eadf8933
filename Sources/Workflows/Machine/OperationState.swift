package import MeshCore

/// Where one operation of a run stands.
package struct OperationState: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        case call, local, timer, receive
    }

    package let kind: Kind
    /// The place in the journal of the command that began it.
    package let command: Int
    /// The sequence of the entry that completed it; 0 while it is open.
    package internal(set) var completedAt: Int64 = 0
    /// The place in the journal of that entry; −1 while it is open.
    package internal(set) var completion = -1
    /// The attempt under way, or waited for.
    package internal(set) var attempt: Int32 = 1
    /// When the next attempt is due, where the last one failed.
    package internal(set) var retryDue: Timestamp?
    /// A child workflow that was asked to end.
    package internal(set) var isCancelling = false

    package var isOpen: Bool { completedAt == 0 }

    init(_ kind: Kind, command: Int) {
        self.kind = kind
        self.command = command
    }
}
