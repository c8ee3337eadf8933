/// The operations that the code has put into one group and wasn't told of yet: the next one costs the same, whatever number is open.
struct OperationGroup {
    /// In the order in which they were added; those that were told too.
    private(set) var members: [Int32] = []
    /// A heap of what has completed, the lowest sequence first.
    private var completed: [(sequence: Int64, op: Int32)] = []
    private var toldCount = 0

    var isEmpty: Bool { toldCount == members.count }
    var count: Int { members.count - toldCount }

    mutating func add(_ op: Int32) { members.append(op) }

    /// The first completion.
    var first: (sequence: Int64, op: Int32)? { completed.first }

    /// Notes that a member has completed.
    mutating func complete(_ op: Int32, at sequence: Int64) {
        completed.append((sequence, op))
        var child = completed.count - 1
        while child > 0, completed[child].sequence < completed[(child - 1) / 2].sequence {
            completed.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Notes that a completed member that wasn't told has completed otherwise, and later.
    mutating func complete(_ op: Int32, anewAt sequence: Int64) {
        // In order of their sequences they are a heap as well.
        completed = completed.filter { $0.op != op }.sorted { $0.sequence < $1.sequence }
        complete(op, at: sequence)
    }

    /// Takes the first completion out.
    mutating func tell() {
        guard let last = completed.popLast() else { return }
        toldCount += 1
        guard !completed.isEmpty else { return }
        completed[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < completed.count else { return }
            if child + 1 < completed.count, completed[child + 1].sequence < completed[child].sequence { child += 1 }
            guard completed[child].sequence < completed[parent].sequence else { return }
            completed.swapAt(child, parent)
            parent = child
        }
    }
}
