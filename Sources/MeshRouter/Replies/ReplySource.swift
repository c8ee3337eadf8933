package import Kafka

/// Where a router's answers stand: partitions of `mesh.replies`.
package protocol ReplySource: Sendable {
    /// The offset behind a partition's last record.
    func end(of partition: TopicPartition) async throws -> Int64

    /// Reads a partition from an offset on, until the reader is closed; `take` is called on its own thread and must be short.
    func read(_ partition: TopicPartition, from offset: Int64, _ take: @escaping @Sendable ([KafkaRecord]) -> Void)
        throws -> any ReplyReader
}

/// Reads one partition.
package protocol ReplyReader: Sendable {
    /// Goes on at the partition's beginning: the broker had lost what was there.
    func startOver()

    /// Ends reading; closing twice is safe.
    func close() async
}
