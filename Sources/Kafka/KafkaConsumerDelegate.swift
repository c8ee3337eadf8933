/// What a consumer tells its owner; every call comes on the consumer's own thread, one at a time, in the order things happened.
///
/// While a call runs nothing else is read and no rebalance is answered, so they must be short; what takes long happens
/// elsewhere and comes back through `start`, `pause`, `resume` and `commit`.
package protocol KafkaConsumerDelegate: AnyObject, Sendable {
    /// Partitions are this member's now. Those given an offset here are read from there at once; the others are held
    /// back, without a fetch, until `start(_:at:)` is called for them (once their fence is claimed).
    func assigned(_ partitions: [TopicPartition]) -> [TopicPartition: KafkaOffset]

    /// Partitions go to another member in good order: commits made in this call still count.
    func revoked(_ partitions: [TopicPartition])

    /// Partitions are with another member already: whatever is under way for them must come to nothing.
    func lost(_ partitions: [TopicPartition])

    /// What `start` asked for under this ticket has taken effect: the next records of the partition are those from its offset.
    func started(_ partition: TopicPartition, ticket: UInt64)

    /// Records of started partitions, in order within each; never of one that was revoked or lost.
    func records(_ records: [KafkaRecord])

    /// Something failed; `partition` is set when it stops that one alone (its offset is out of range, its topic is gone).
    func failed(_ error: KafkaError, partition: TopicPartition?)

    /// A commit was answered: with nil, or with why it failed.
    func committed(_ offsets: [TopicPartition: Int64], error: KafkaError?)
}

extension KafkaConsumerDelegate {
    package func started(_ partition: TopicPartition, ticket: UInt64) {}

    package func failed(_ error: KafkaError, partition: TopicPartition?) { KafkaProducer.logFailure(error) }

    package func committed(_ offsets: [TopicPartition: Int64], error: KafkaError?) {
        if let error { KafkaProducer.logFailure(error) }
    }
}
