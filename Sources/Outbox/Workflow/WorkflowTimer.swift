package import MeshCore

/// A row of `mesh.timer`: something that a workflow's partition does at a time.
///
/// (workflow, operation, kind, due) is unique, so that an activation can name the timers it ends without having read them.
package struct WorkflowTimer: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A `timer` command.
        case sleep
        /// The deadline of a call.
        case deadline
        /// The next attempt of a call or local step.
        case retry
        /// The rest of an activation that reached its bound, or the next run.
        case advance
        /// The next fire of a schedule.
        case schedule
    }

    package var workflow: WorkflowID
    package var operation: WorkflowOperation
    package var kind: Kind
    package var due: Timestamp

    package init(workflow: WorkflowID, operation: WorkflowOperation, kind: Kind, due: Timestamp) {
        self.workflow = workflow
        self.operation = operation
        self.kind = kind
        self.due = due
    }
}
