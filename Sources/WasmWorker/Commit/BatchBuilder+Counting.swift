import Outbox

extension BatchBuilder {
    /// Notes what came of an execution; a look at a schedule is no message.
    mutating func note(_ execution: Execution, _ outcome: HandledOutcome) {
        if case .look = execution.source { return }
        handled.count(execution.handler.metricName, outcome)
    }
}

extension Handler {
    /// What its series are called.
    fileprivate var metricName: String { isDeployed ? method : HandlerTally.unknown }
}

extension ExecutionResult {
    /// What the time that the guest ran is counted under: an answer or a timer has a workflow's code run.
    var runName: String? {
        if case .activated(_, let record?) = outcome { return record.row.method }
        return executions.first?.handler.metricName
    }
}
