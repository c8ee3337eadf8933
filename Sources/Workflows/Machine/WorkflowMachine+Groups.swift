import Outbox
package import Wasm

// Groups of operations: the host keeps what is open in them, so that waiting for the next of thousands costs no more than for the next of two.

extension WorkflowMachine {
    /// Makes an empty group; its number, from 1 in the order in which they are made. Nothing is recorded: replay makes the same ones.
    package mutating func makeGroup() -> Int32 {
        groups.append(OperationGroup())
        return Int32(groups.count)
    }

    /// Puts an operation into a group; what is wrong with that, if anything is.
    package mutating func add(_ op: Int32, to group: Int32) -> String? {
        guard let place = place(ofGroup: group) else { return "there is no group \(group)" }
        guard op > 0, op <= begun else { return "operation \(op) hasn't been begun" }
        while groupOf.count < Int(op) { groupOf.append(0) }
        let index = Int(op) - 1
        guard groupOf[index] == 0 else { return "operation \(op) is in group \(groupOf[index]) already" }
        groupOf[index] = group
        groups[place].add(op)
        if completions[index] != .max { groups[place].complete(op, at: completions[index]) }
        return nil
    }

    private func place(ofGroup group: Int32) -> Int? {
        group > 0 && Int(group) <= groups.count ? Int(group) - 1 : nil
    }

    package enum GroupWaited: Sendable, Equatable {
        case told(GroupNext)
        /// Nothing has happened yet; the open operations.
        case nothing([Int32])
        /// No such group, or no such operation.
        case unknown(String)
        case difference(WorkflowDifference)
    }

    /// Waits for any of a group's operations or of some others.
    package mutating func next(of group: Int32, orAnyOf ops: [Int32]) -> GroupWaited {
        guard let place = place(ofGroup: group) else { return .unknown("there is no group \(group)") }
        guard !groups[place].isEmpty || !ops.isEmpty else { return .told(.empty) }
        let (first, other) = firstCompleted(of: ops)
        guard other != .max else {
            return .unknown("operation \(ops.first { $0 < 1 || $0 > begun } ?? 0) hasn't been begun")
        }
        let member = groups[place].first
        let sequence = min(first, member?.sequence ?? .max)
        if takeCancel(before: sequence) { return .told(.cancelled) }
        guard sequence != .max else {
            if nextCommand != nil { return .difference(difference(found: "waits for the next of group \(group)")) }
            return .nothing(groups[place].members.filter { completions[Int($0) - 1] == .max } + ops)
        }
        let op: Int32
        if let member, member.sequence == sequence {
            op = member.op
            groups[place].tell()
        } else {
            op = ops[other]
        }
        passPatches(upTo: sequence)
        know(sequence, self[operations[Int(op) - 1].completion].at)
        tell(op)
        return .told(.operation(op))
    }

    /// Notes a completion in the group of its operation.
    mutating func completeInGroup(_ op: Int32, _ sequence: Int64) {
        let index = Int(op) - 1
        guard index < groupOf.count, groupOf[index] > 0 else { return }
        groups[Int(groupOf[index]) - 1].complete(op, at: sequence)
    }
}
