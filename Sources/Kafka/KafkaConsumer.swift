internal import CRdKafka

/// A member of a consumer group, with a thread of its own that does nothing but poll, so that slow handlers never cost
/// the membership.
///
/// Nothing is committed and no offset is stored unless `commit` says so. Calls after `close` do nothing.
package final class KafkaConsumer: Sendable {
    private let core: ConsumerCore

    /// Makes a member of `group`; it joins with `subscribe`. The delegate is kept until the consumer is closed.
    package init(
        _ configuration: KafkaConfiguration, group: String, strategy: AssignmentStrategy = .range,
        limits: ConsumerLimits = ConsumerLimits(), delegate: any KafkaConsumerDelegate
    ) throws(KafkaError) {
        let settings =
            configuration.reading + [
                ("group.id", group), ("partition.assignment.strategy", strategy.rawValue),
            ] + configuration.overrides.sorted { $0.key < $1.key }
        core = try ConsumerCore(settings, limits: limits, delegate: delegate, isEmbedded: configuration.isEmbedded)
        core.start()
    }

    deinit { core.close {} }

    /// Joins the group for these topics, or changes which ones. Without any a member leaves, but of the embedded broker's group.
    package func subscribe(_ topics: [String]) { core.perform(.subscribe(topics)) }

    /// Begins to read a partition that was assigned and held back, or goes on elsewhere in one that is being read; does
    /// nothing if it has gone again meanwhile. The delegate's `started` tells the ticket once that has taken effect, unless
    /// something later was asked for.
    package func start(_ partition: TopicPartition, at offset: KafkaOffset, ticket: UInt64 = 0) {
        core.perform(.start(partition, offset, ticket: ticket))
    }

    /// Hands nothing of these partitions over any more, and fetches no further ahead than its bounds; records already handed over stay so.
    package func pause(_ partitions: [TopicPartition]) { core.perform(.pause(partitions)) }

    /// Hands these partitions over again, from the record after the last one.
    package func resume(_ partitions: [TopicPartition]) { core.perform(.resume(partitions)) }

    /// Writes the next offsets to read to Kafka, for lag tools; the delegate's `committed` tells what came of it.
    package func commit(_ offsets: [TopicPartition: Int64]) { core.perform(.commit(offsets)) }

    /// Leaves the group (the delegate's `revoked` is called) and frees the client; bounded even without a broker.
    ///
    /// Closing twice is safe: the second call waits for the first.
    package func close() async {
        await withCheckedContinuation { continuation in core.close { continuation.resume() } }
    }
}
