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

    /// Reads `run.op.attempt`. By bytes: each answer has one, and what Swift calls characters would cost more than the rest.
    package init?(_ text: some StringProtocol) {
        var numbers: (Int32, Int32, Int32) = (0, 0, 0)
        var (place, digits) = (0, 0)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "."), digits > 0, place < 2 {
                (place, digits) = (place + 1, 0)
                continue
            }
            guard 48...57 ~= byte, digits < 10 else { return nil }
            digits += 1
            let digit = Int32(byte - 48)
            let isTooLarge =
                switch place {
                case 0: WorkflowOperation.append(digit, to: &numbers.0)
                case 1: WorkflowOperation.append(digit, to: &numbers.1)
                default: WorkflowOperation.append(digit, to: &numbers.2)
                }
            if isTooLarge { return nil }
        }
        guard place == 2, digits > 0, numbers.0 > 0, numbers.2 > 0 else { return nil }
        self.init(run: numbers.0, op: numbers.1, attempt: numbers.2)
    }

    /// True where the number doesn't fit any more.
    private static func append(_ digit: Int32, to number: inout Int32) -> Bool {
        let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
        let (sum, isStillTooLarge) = tens.addingReportingOverflow(digit)
        number = sum
        return isTooLarge || isStillTooLarge
    }

    package var description: String { "\(run).\(op).\(attempt)" }
}
