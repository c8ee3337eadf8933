package import MeshCore

/// What a workflow is doing now: a row of `mesh.workflow`.
package struct WorkflowRow: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        case running
        /// Its code can't go on (nondeterminism, crashes); events are still taken into the journal.
        case stuck
        case completed, failed, cancelled, terminated

        package var isOpen: Bool { self == .running || self == .stuck }
    }

    package var id: WorkflowID
    /// The `@workflow` method, `fulfil`.
    package var method: String
    package var status: Status
    package var run: Int32
    /// The package that it runs on.
    package var digest: String
    /// The version of the schema in that package.
    package var version: String
    /// The sequence of its next journal entry: what a write expects.
    package var nextSequence: Int64
    /// What it waits for, for people: `answer of shop.Payments/capture`, `signal approve`, `timer`; nil when it doesn't wait.
    package var waitingFor: String?
    package var waitingSince: Timestamp?
    /// Failed activations in a row, where it is stuck.
    package var attempt: Int32
    /// The workflow that started it as a child.
    package var parent: WorkflowID?
    package var startedAt: Timestamp
    package var updatedAt: Timestamp
    package var endedAt: Timestamp?
    /// JSON; set when it completed.
    package var result: [UInt8]?
    /// `MeshError.json`; set when it failed, was cancelled, or is stuck.
    package var error: [UInt8]?

    package init(
        id: WorkflowID, method: String, status: Status, run: Int32, digest: String, version: String,
        nextSequence: Int64, waitingFor: String? = nil, waitingSince: Timestamp? = nil, attempt: Int32 = 0,
        parent: WorkflowID? = nil, startedAt: Timestamp, updatedAt: Timestamp, endedAt: Timestamp? = nil,
        result: [UInt8]? = nil, error: [UInt8]? = nil
    ) {
        self.id = id
        self.method = method
        self.status = status
        self.run = run
        self.digest = digest
        self.version = version
        self.nextSequence = nextSequence
        self.waitingFor = waitingFor
        self.waitingSince = waitingSince
        self.attempt = attempt
        self.parent = parent
        self.startedAt = startedAt
        self.updatedAt = updatedAt
        self.endedAt = endedAt
        self.result = result
        self.error = error
    }
}
