package import MeshCore
package import Outbox
package import Wasm

/// A handler of the workflow's own service, to be run for the workflow's own key within its transaction.
package struct LocalStep: Sendable {
    /// What the handler reads as the message's id; the same for every attempt.
    package var id: String
    package var workflow: WorkflowID
    /// `reserve`.
    package var method: String
    /// The object of its arguments; it has passed the schema.
    package var data: [UInt8]
    /// The state of the key as the workflow has left it so far.
    package var state: [UInt8]?
    /// From 1.
    package var attempt: Int
    /// The handler's clock.
    package var now: Timestamp
    package var traceparent: String?
    /// The workflow's.
    package var principal: Principal?
    /// Whether another attempt may help after a crash.
    package var retriesCrashes: Bool

    package init(
        id: String, workflow: WorkflowID, method: String, data: [UInt8], state: [UInt8]?, attempt: Int,
        now: Timestamp, traceparent: String?, principal: Principal? = nil, retriesCrashes: Bool = true
    ) {
        self.id = id
        self.workflow = workflow
        self.method = method
        self.data = data
        self.state = state
        self.attempt = attempt
        self.now = now
        self.traceparent = traceparent
        self.principal = principal
        self.retriesCrashes = retriesCrashes
    }
}

/// What a local step came to.
package enum LocalStepOutcome: Sendable {
    case done(reply: [UInt8], state: StateChange, messages: [OutgoingMessage], logs: [GuestLogLine] = [])
    /// No effect. A crash (trap, out of time or memory) is an error here like any other; `retryable` says whether another attempt may help.
    case failed(MeshError, logs: [GuestLogLine] = [])
}
