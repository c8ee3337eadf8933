import MeshCore
import Outbox
import Workflows

extension PartitionMachine {
    /// What becomes of a workflow's input when Postgres refuses what it led to: the workflow is stuck, says why, and goes on when it is told to.
    /// Nil for anything else, and where there is no workflow yet.
    func stickWorkflow(_ result: KeyRunResult, reason: String) -> KeyRunResult? {
        guard let execution = result.executions.first, execution.handler.kind.isWorkflowInput,
            let record = result.states[execution.stateKey]?.contents?.workflow, record.row.status.isOpen
        else { return nil }
        let error = MeshError(
            .invalidRequest, "Postgres can't store what \(execution.message.type) led to: \(reason)")
        var write = WorkflowWrite(row: record.row, expectedSequence: record.row.nextSequence, entries: [])
        write.row.status = .stuck
        write.row.waitingFor = nil
        write.row.waitingSince = nil
        write.row.error = Array(error.json.utf8)
        let activation = WorkflowActivation(
            outcomes: [.refused(error)], effects: WorkflowEffects(write: write))
        var stuck = result
        stuck.results = [
            ExecutionResult(
                executions: [execution],
                outcome: .activated(activation, record: WorkflowRecord(record, after: write)))
        ]
        stuck.isLastResort = true
        return stuck
    }
}
