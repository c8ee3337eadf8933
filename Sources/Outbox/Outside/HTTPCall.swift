package import MeshCore

/// A call to the outside that an egress process has taken, to make it once.
package struct HTTPCall: Sendable, Equatable {
    package var id: String
    package var workflow: WorkflowID
    /// `<run>.<op>.<attempt>.<life>`.
    package var operation: String
    /// What all attempts of one call have.
    package var key: String
    /// The arguments of `mesh.Http/fetch`.
    package var request: String
    package var deadline: Timestamp?
    package var traceparent: String?
    /// False where the workflow has ended meanwhile.
    package var isWanted: Bool
    /// What the workflow's service may do (`Capability`).
    package var capabilities: [String]
}

/// A call whose lease has passed by the database's clock.
package struct LapsedHTTPCall: Sendable, Hashable {
    package var id: String
    /// Another one once its process has renewed it.
    package var leaseUntil: Timestamp

    package init(id: String, leaseUntil: Timestamp) {
        self.id = id
        self.leaseUntil = leaseUntil
    }
}

/// A call whose egress process has gone while it made it.
package struct LostHTTPCall: Sendable, Equatable {
    package var id: String
    package var workflow: WorkflowID
    package var operation: String
    package var formerOwner: String
}
