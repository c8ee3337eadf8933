/// Lets the first record of each partition go alone, and nothing behind it until it is there.
///
/// Where two producers begin a partition at once, the embedded broker takes one's request and answers the other that it failed. What the second one has
/// behind that would be taken all the same, and whoever reads a lane would never take what was before it.
struct PartitionBeginnings {
    private var begun: Set<TopicPartition> = []
    private var awaited: Set<TopicPartition> = []

    /// Whether a partition's records may go as they come.
    func isBegun(_ partition: TopicPartition) -> Bool { begun.contains(partition) }

    /// True for the one record that may go now.
    mutating func begins(_ partition: TopicPartition) -> Bool { awaited.insert(partition).inserted }

    /// The record that was to begin it didn't go.
    mutating func giveBack(_ partition: TopicPartition) { awaited.remove(partition) }

    /// Whether any partition's first record is on its way.
    var isAwaiting: Bool { !awaited.isEmpty }

    /// Takes note of a record's report; what to make of its error.
    ///
    /// After one that can be tried again nothing goes to that partition any more: its owner begins anew with another producer.
    mutating func reported(_ partition: TopicPartition, _ error: KafkaError?) -> KafkaError? {
        guard var error else {
            begun.insert(partition)
            awaited.remove(partition)
            return nil
        }
        if begun.contains(partition) { return error }
        if error.code == .unknown { error.isRetriable = true }
        if !error.isRetriable { awaited.remove(partition) }
        return error
    }

    /// The broker may have ended, and come back empty.
    mutating func forget() { begun = [] }
}
