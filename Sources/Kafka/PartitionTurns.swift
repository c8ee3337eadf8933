/// Partitions that wait for their turn, each once, first come first served.
struct PartitionTurns {
    private var order: [TopicPartition] = []
    /// The next one in `order`; what stands before it has had its turn.
    private var head = 0
    private var waiting: Set<TopicPartition> = []

    var count: Int { waiting.count }
    var isEmpty: Bool { waiting.isEmpty }

    /// Has a partition wait behind the others, unless it waits already.
    mutating func add(_ partition: TopicPartition) {
        if waiting.insert(partition).inserted { order.append(partition) }
    }

    /// Takes the one that has waited longest.
    mutating func next() -> TopicPartition? {
        guard head < order.count else { return nil }
        let partition = order[head]
        head += 1
        waiting.remove(partition)
        if head == order.count || head > 1024 {
            order.removeFirst(head)
            head = 0
        }
        return partition
    }
}
