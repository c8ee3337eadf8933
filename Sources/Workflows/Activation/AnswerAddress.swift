package import Outbox

/// Where the answer to a workflow's call goes: the header `mesh_answer_to`, `<service>/<run>.<op>.<attempt>.<life>/<workflow id>`.
package struct AnswerAddress: Sendable, Hashable, CustomStringConvertible {
    package var workflow: WorkflowID
    package var call: CallReference

    package init(workflow: WorkflowID, operation: WorkflowOperation, life: String? = nil) {
        self.workflow = workflow
        call = CallReference(operation, life: life)
    }

    /// Reads the header; nil where it isn't one.
    package init?(_ text: String) {
        // By bytes: a slash stays one, whatever accent the id begins with.
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let call = CallReference(Substring(parts[1])) else { return nil }
        workflow = WorkflowID(service: String(Substring(parts[0])), key: String(Substring(parts[2])))
        self.call = call
    }

    /// Whether both are of one life of one workflow.
    func isOfSameLife(as other: AnswerAddress) -> Bool {
        workflow == other.workflow && call.isOf(life: other.call.life)
    }

    /// Whether both are of the same call.
    func isSameCall(as other: AnswerAddress) -> Bool {
        isOfSameLife(as: other) && call.operation == other.call.operation
    }

    package var description: String { "\(workflow.service)/\(call)/\(workflow.key)" }
}
