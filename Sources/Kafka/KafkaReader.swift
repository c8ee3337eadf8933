internal import CRdKafka

/// Reads given partitions from given offsets, outside any group.
package final class KafkaReader: Sendable {
    private let core: ConsumerCore

    /// Starts a reader without partitions; both closures are called on its own thread and must be short.
    package init(
        _ configuration: KafkaConfiguration, limits: ConsumerLimits = ConsumerLimits(),
        records: @escaping @Sendable ([KafkaRecord]) -> Void,
        failed: @escaping @Sendable (KafkaError, TopicPartition?) -> Void = { error, _ in
            KafkaProducer.logFailure(error)
        }
    ) throws(KafkaError) {
        // librdkafka asks for a group's name even where no group is joined and nothing committed.
        let settings =
            configuration.reading + [("group.id", "\(configuration.clientID).reader")]
            + configuration.overrides.sorted { $0.key < $1.key }
        core = try ConsumerCore(
            settings, limits: limits, delegate: ReaderDelegate(take: records, fail: failed),
            isEmbedded: configuration.isEmbedded, isReader: true)
        core.start()
    }

    deinit { core.close {} }

    /// Begins to read a partition, or goes on elsewhere in one that is being read.
    package func start(_ partition: TopicPartition, at offset: KafkaOffset) {
        core.perform(.start(partition, offset, ticket: 0))
    }

    /// Ends reading a partition.
    package func stop(_ partition: TopicPartition) { core.perform(.stop(partition)) }

    /// Hands nothing of these partitions over for a while, and fetches no further ahead than its bounds.
    package func pause(_ partitions: [TopicPartition]) { core.perform(.pause(partitions)) }

    /// Hands these partitions over again, from the record after the last one.
    package func resume(_ partitions: [TopicPartition]) { core.perform(.resume(partitions)) }

    /// Ends reading and frees the client; closing twice is safe.
    package func close() async {
        await withCheckedContinuation { continuation in core.close { continuation.resume() } }
    }
}

/// Hands a reader's records to closures.
private final class ReaderDelegate: KafkaConsumerDelegate {
    let take: @Sendable ([KafkaRecord]) -> Void
    let fail: @Sendable (KafkaError, TopicPartition?) -> Void

    init(
        take: @escaping @Sendable ([KafkaRecord]) -> Void,
        fail: @escaping @Sendable (KafkaError, TopicPartition?) -> Void
    ) {
        self.take = take
        self.fail = fail
    }

    func assigned(_ partitions: [TopicPartition]) -> [TopicPartition: KafkaOffset] { [:] }
    func revoked(_ partitions: [TopicPartition]) {}
    func lost(_ partitions: [TopicPartition]) {}
    func records(_ records: [KafkaRecord]) { take(records) }
    func failed(_ error: KafkaError, partition: TopicPartition?) { fail(error, partition) }
}
