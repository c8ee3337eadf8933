package import MeshCore
package import Outbox
import Wasm

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
        environment: some WorkflowEnvironment, now: Timestamp, limits: WorkflowLimits = WorkflowLimits()
    ) -> WorkflowActivation {
        var intake = Intake(
            id: id, environment: environment, now: now, limits: limits, state: state, record: record)
        var outcomes: [Outcome] = []
        for input in inputs {
            let outcome = intake.take(input)
            outcomes.append(outcome)
            if case .failed = outcome { break }
        }
        guard let draft = intake.draft else { return WorkflowActivation(outcomes: outcomes) }
        var runner = CodeRunner(draft: draft, environment: environment, wasSuspended: intake.wasSuspended)
        runner.run()
        return WorkflowActivation(
            outcomes: outcomes, effects: runner.draft.effects(), replayedEntries: runner.replayedEntries)
    }
}
