import MeshCore
import Outbox
import Workflows

/// What something that happened to a schedule leads to.
struct ScheduleEffects: Sendable {
    /// The row afterwards; nil where it stays as it is.
    var row: ScheduleRow?
    /// The workflow of the last call is open, as far as is known.
    var isOpen = false
    var timersAdded: [WorkflowTimer] = []
    var timersRemoved: [WorkflowTimer] = []
    var messages: [OutgoingMessage] = []
    /// Why an order is refused.
    var error: MeshError?
}
