import Kafka

/// A worker's membership in its consumer group, as the set of its partitions uses it; what comes back comes by `KafkaConsumerDelegate`.
protocol GroupMember: Sendable {
    func subscribe(_ topics: [String])
    func start(_ partition: TopicPartition, at offset: KafkaOffset, ticket: UInt64)
    func pause(_ partitions: [TopicPartition])
    func resume(_ partitions: [TopicPartition])
    func commit(_ offsets: [TopicPartition: Int64])
}

extension KafkaConsumer: GroupMember {}

/// Who knows where logs begin and end.
protocol LogEnds: Sendable {
    func watermarks(_ partition: TopicPartition) async throws(KafkaError) -> Watermarks
}

extension KafkaAdmin: LogEnds {}
