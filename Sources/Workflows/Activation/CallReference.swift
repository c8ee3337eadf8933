package import Outbox

/// Which call an answer is for: `<run>.<op>.<attempt>.<life>`, in `mesh_answer_to` and `mesh_operation`.
///
/// The life tells a workflow from others that had its id before or after it and are forgotten: their runs are counted from 1, too.
package struct CallReference: Sendable, Hashable, CustomStringConvertible {
    package var operation: WorkflowOperation
    /// `StartFacts.life`; nil where the workflow began before that was recorded.
    package var life: String?

    package init(_ operation: WorkflowOperation, life: String?) {
        self.operation = operation
        self.life = life
    }

    /// Nil where it isn't one.
    package init?(_ text: some StringProtocol) {
        let dot = UInt8(ascii: ".")
        let dots = text.utf8.indices.filter { text.utf8[$0] == dot }
        guard dots.count == 3 else {
            guard let operation = WorkflowOperation(text) else { return nil }
            self.init(operation, life: nil)
            return
        }
        let life = text[text.utf8.index(after: dots[2])...]
        guard let operation = WorkflowOperation(text[..<dots[2]]), (1...32).contains(life.utf8.count) else {
            return nil
        }
        self.init(operation, life: String(life))
    }

    /// Whether it may be of this life: what doesn't say which may be of any.
    package func isOf(life other: String?) -> Bool { life == nil || other == nil || life == other }

    package var description: String { life.map { "\(operation).\($0)" } ?? operation.description }
}
