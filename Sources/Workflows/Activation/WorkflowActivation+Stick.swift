package import MeshCore
package import Outbox

extension WorkflowActivation {
    /// Takes an input into the journal of a workflow that is stuck from now on, without running anything: what the input led to can't be written.
    ///
    /// Nil for an input that is refused rather than kept: its sender learns of it, and can send it again.
    package static func stick(
        _ input: WorkflowInput, of record: WorkflowRecord, error: MeshError, state: [UInt8]?, now: Timestamp,
        limits: WorkflowLimits = WorkflowLimits()
    ) -> WorkflowActivation? {
        switch input {
        case .answer, .timer, .signal, .start: break
        case .control(let message):
            // A parent says so once, and nobody is left to say it again.
            guard case .cancel? = try? WorkflowOrder(message.data) else { return nil }
        }
        let machine = WorkflowMachine(record.journal, nextSequence: record.row.nextSequence, at: now)
        guard let facts = StartFacts(json: machine.first?.details) else { return nil }
        var draft = ActivationDraft(
            record.row.id, row: record.row, machine: machine, facts: facts,
            expectedSequence: record.row.nextSequence, state: state, waitsFor: nil, now: now, limits: limits)
        let outcome = draft.take(input, code: nil)
        draft.getStuck(error)
        return WorkflowActivation(outcomes: [outcome], effects: draft.effects())
    }
}
