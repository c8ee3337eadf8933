package import Outbox

/// Where the answer to a workflow's call goes: the header `mesh_answer_to`, `<service>/<run>.<op>.<attempt>/<workflow id>`.
package struct AnswerAddress: Sendable, Hashable, CustomStringConvertible {
    package var workflow: WorkflowID
    package var operation: WorkflowOperation

    package init(workflow: WorkflowID, operation: WorkflowOperation) {
        self.workflow = workflow
        self.operation = operation
    }

    /// Reads the header; nil where it isn't one.
    package init?(_ text: String) {
        // By bytes: a slash stays one, whatever accent the id begins with.
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let operation = WorkflowOperation(Substring(parts[1])) else {
            return nil
        }
        self.init(
            workflow: WorkflowID(service: String(Substring(parts[0])), key: String(Substring(parts[2]))),
            operation: operation)
    }

    package var description: String { "\(workflow.service)/\(operation)/\(workflow.key)" }
}
