import MeshCore
import Outbox
import Workflows

extension PartitionMachine {
    /// What becomes of a workflow's input when Postgres refuses what it led to: the workflow is stuck, says why, and goes on when it is told to.
    ///
    /// First the input is kept, so that nothing that came is missing then; where Postgres refuses even that, it is answered with the reason.
    /// Nil for anything else, and where there is no workflow yet.
    func stickWorkflow(_ result: KeyRunResult, reason: String, now: Timestamp) -> KeyRunResult? {
        guard let execution = result.executions.first, execution.handler.kind.isWorkflowInput,
            let entry = result.states[execution.stateKey], let record = entry.contents?.workflow,
            record.row.status.isOpen
        else { return nil }
        let error = MeshError(
            .invalidRequest, "Postgres can't store what \(execution.message.type) led to: \(reason)")
        if result.resort == .none, let input = execution.workflowInput,
            let activation = WorkflowActivation.stick(
                input, of: record, error: error, state: entry.data, now: max(now, record.row.updatedAt))
        {
            return stuck(result, execution, record, activation, .input)
        }
        var write = WorkflowWrite(row: record.row, expectedSequence: record.row.nextSequence, entries: [])
        write.row.status = .stuck
        write.row.waitingFor = nil
        write.row.waitingSince = nil
        write.row.error = Array(error.json.utf8)
        let activation = WorkflowActivation(
            outcomes: [.refused(error)], effects: WorkflowEffects(write: write))
        return stuck(result, execution, record, activation, .last)
    }

    private func stuck(
        _ result: KeyRunResult, _ execution: Execution, _ record: WorkflowRecord, _ activation: WorkflowActivation,
        _ resort: KeyRunResult.Resort
    ) -> KeyRunResult {
        let after = activation.effects?.write.map { WorkflowRecord(record, after: $0) } ?? record
        return result.replacing(
            [ExecutionResult(executions: [execution], outcome: .activated(activation, record: after))], resort: resort)
    }
}
