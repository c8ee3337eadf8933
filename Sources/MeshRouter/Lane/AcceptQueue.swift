/// What waits to be accepted, in order: bounded in messages and bytes, taken in batches.
///
/// There is no timer: what arrives while a transaction is in flight makes up the next one.
struct AcceptQueue<Item> {
    struct Bounds: Sendable, Equatable {
        /// What may wait at once.
        var messages = 10_000
        var bytes = 64 << 20
        /// What goes into one transaction; an item is never split, so a larger one goes alone.
        var batchMessages = 1_000
        var batchBytes = 4 << 20
    }

    private struct Entry {
        var item: Item
        var messages: Int
        var bytes: Int
    }

    let bounds: Bounds
    private var entries: [Entry] = []
    private var head = 0
    private(set) var messages = 0
    private(set) var bytes = 0

    init(_ bounds: Bounds) { self.bounds = bounds }

    var isEmpty: Bool { head == entries.count }

    /// Takes an item in; false at a bound.
    mutating func append(_ item: Item, messages count: Int, bytes size: Int) -> Bool {
        guard messages + count <= bounds.messages, bytes + size <= bounds.bytes else { return false }
        entries.append(Entry(item: item, messages: count, bytes: size))
        messages += count
        bytes += size
        return true
    }

    /// Takes the next batch out, oldest first.
    mutating func takeBatch() -> [Item] {
        var batch: [Item] = []
        var batchMessages = 0
        var batchBytes = 0
        while head < entries.count {
            let entry = entries[head]
            let fits =
                batchMessages + entry.messages <= bounds.batchMessages && batchBytes + entry.bytes <= bounds.batchBytes
            guard fits || batch.isEmpty else { break }
            batch.append(entry.item)
            batchMessages += entry.messages
            batchBytes += entry.bytes
            head += 1
        }
        messages -= batchMessages
        bytes -= batchBytes
        if head == entries.count || head > 1024 {
            entries.removeSubrange(..<head)
            head = 0
        }
        return batch
    }

    /// Puts a batch back to where it came from, ahead of everything; it was within the bounds before.
    mutating func putBack(_ batch: [Item], measure: (Item) -> (messages: Int, bytes: Int)) {
        let returned = batch.map { item in
            let (messages, bytes) = measure(item)
            return Entry(item: item, messages: messages, bytes: bytes)
        }
        entries.replaceSubrange(..<head, with: returned)
        head = 0
        for entry in returned {
            messages += entry.messages
            bytes += entry.bytes
        }
    }

    /// Takes out the items that `condition` names.
    mutating func remove(where condition: (Item) -> Bool) -> [Item] {
        let removed = entries[head...].filter { condition($0.item) }
        entries = entries[head...].filter { !condition($0.item) }
        head = 0
        for entry in removed {
            messages -= entry.messages
            bytes -= entry.bytes
        }
        return removed.map(\.item)
    }
}
