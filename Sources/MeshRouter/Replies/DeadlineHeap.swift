import MeshCore

/// Which waiting call's deadline comes next: a binary heap from which answered calls vanish later, in bulk.
struct DeadlineHeap {
    struct Entry: Equatable {
        var deadline: Timestamp
        var id: String
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var first: Timestamp? { entries.first?.deadline }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0, entries[child].deadline < entries[(child - 1) / 2].deadline {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the entry that is due first, where it is due.
    mutating func popDue(at now: Timestamp) -> Entry? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            siftDown(0)
        }
        return first
    }

    /// Drops the entries that `isWaiting` denies.
    mutating func prune(_ isWaiting: (String) -> Bool) {
        entries.removeAll { !isWaiting($0.id) }
        for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].deadline < entries[least].deadline { least = child }
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
