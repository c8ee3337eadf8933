// Answers of the code to signals.

extension WorkflowMachine {
    /// Why the code can't answer the signal of an operation, if so: the same at every replay, and so in no journal.
    func problem(withReplyTo op: Int32) -> String? {
        guard told.contains(op), signal(of: op) != nil else {
            return "operation \(op) is no signal that the code has been told of"
        }
        return replied.contains(op) ? "the signal of operation \(op) was answered already" : nil
    }
}
