import MeshCore
import Outbox

/// A record as the partition logic takes it: decoded and routed, or why not.
struct FetchedRecord: Sendable {
    var offset: Int64
    /// Its size in memory, for the bounds.
    var byteCount: Int
    var stamp: LaneStamp?
    /// Set for a record that is known again by its message's id: one from outside.
    var inboxID: String?
    var content: Content

    /// The same as known again by its message's id, whatever its stamp.
    var knownByID: FetchedRecord {
        var record = self
        switch content {
        case .execution(let execution): record.inboxID = execution.message.inboxID
        case .rejected(let rejection): record.inboxID = rejection.message.inboxID
        case .ignored: break
        }
        return record
    }

    /// The order key of its execution, if it has one.
    var orderKey: StateKey? {
        if case .execution(let execution) = content { execution.orderKey } else { nil }
    }

    /// The key of the state that its execution may touch, if it has one.
    var stateKey: StateKey? {
        if case .execution(let execution) = content { execution.stateKey } else { nil }
    }

    /// What is rare and large lies elsewhere: records are moved from list to list.
    enum Content: Sendable {
        case execution(Execution)
        /// Nothing to do: the service doesn't handle it, or it was redriven for another one.
        case ignored
        /// Nobody can run it: a dead letter, and an error to a caller that waits.
        indirect case rejected(CommitUnit.Rejection)
    }
}

extension Message {
    /// What tells it from others in `mesh.inbox`: ids are unique within a source (CloudEvents §3.1.1).
    var inboxID: String { "\(source) \(id)" }
}
