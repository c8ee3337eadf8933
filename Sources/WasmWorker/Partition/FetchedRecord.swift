import MeshCore

/// A record as the partition logic takes it: decoded and routed, or why not.
struct FetchedRecord: Sendable {
    var offset: Int64
    /// Its size in memory, for the bounds.
    var byteCount: Int
    var stamp: LaneStamp?
    /// Set for a record from outside, which is known again by its id.
    var inboxID: String?
    var content: Content

    enum Content: Sendable {
        /// One execution per handling service; none where nobody here handles it.
        case executions([Execution])
        /// Nobody can run it: a dead letter, and an error to a caller that waits.
        case rejected(service: String, message: Message, failure: Failure)
    }
}
