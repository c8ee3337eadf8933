package import MeshCore

/// A call to the outside as a workflow's step makes it; a row of `mesh.http_call`.
package struct NewHTTPCall: Sendable, Equatable {
    /// The id of the call's message.
    package var id: String
    package var workflow: WorkflowID
    /// `<run>.<op>.<attempt>.<life>`: what the answer is for.
    package var operation: String
    /// The operation's, within its run.
    package var number: Int32
    /// The call's key, which all its attempts have, also after a reset.
    package var key: String
    /// The arguments of `mesh.Http/fetch`, which have passed its shape.
    package var request: [UInt8]
    /// Whom it asks (`OutsideURL.origin`), for limits; empty where its URL can't be called.
    package var origin: String
    package var deadline: Timestamp?
    package var traceparent: String?
    package var createdAt: Timestamp

    package init(
        id: String, workflow: WorkflowID, operation: String, number: Int32, key: String, request: [UInt8],
        origin: String,
        deadline: Timestamp?, traceparent: String?, createdAt: Timestamp
    ) {
        self.id = id
        self.workflow = workflow
        self.operation = operation
        self.number = number
        self.key = key
        self.request = request
        self.origin = origin
        self.deadline = deadline
        self.traceparent = traceparent
        self.createdAt = createdAt
    }
}
