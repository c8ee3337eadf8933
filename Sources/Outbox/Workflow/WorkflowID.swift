/// A workflow: a service and an id that is unique within it; the id is the key of all its messages, so it is its `StateKey` too.
package typealias WorkflowID = StateKey

/// One operation of one run of a workflow, at one attempt: what an answer or a timer is for.
package struct WorkflowOperation: Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    package var run: Int32
    /// From 1 within the run; 0 for what concerns the run as a whole.
    package var op: Int32
    /// From 1.
    package var attempt: Int32

    package init(run: Int32, op: Int32, attempt: Int32 = 1) {
        self.run = run
        self.op = op
        self.attempt = attempt
    }

    /// Reads `run.op.attempt`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let run = Int32(parts[0]), let op = Int32(parts[1]), let attempt = Int32(parts[2]),
            run > 0, op >= 0, attempt > 0
        else { return nil }
        self.init(run: run, op: op, attempt: attempt)
    }

    package var description: String { "\(run).\(op).\(attempt)" }
}
