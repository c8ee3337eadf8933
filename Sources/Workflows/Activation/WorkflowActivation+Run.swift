package import MeshCore
package import Outbox

extension WorkflowActivation {
    /// Gives inputs to one workflow, in order: appends their events, runs its code once, and says what is to be written.
    ///
    /// On the calling thread, which needs the stack of two guests (4 MiB); reads nothing but its arguments, has no effect.
    /// - Parameters:
    ///   - record: its row and the journal of its current run; nil where there is no such workflow.
    ///   - state: the state of its key as the transaction will check it.
    ///   - now: the time of the entries that it appends.
    package static func run(
        _ inputs: [WorkflowInput], of id: WorkflowID, record: WorkflowRecord?, state: [UInt8]?,
        environment: some WorkflowEnvironment, now: Timestamp
    ) -> WorkflowActivation {
        WorkflowActivation(outcomes: [.failed(MeshError(.providerUnavailable, "workflows aren't built in yet"))])
    }
}
