internal import CRdKafka

/// Asks and changes what a cluster has: topics, partitions, offsets.
///
/// Requests run one after the other on a thread of their own; each ends within `timeout`.
package final class KafkaAdmin: Sendable {
    private let client: AdminClient
    private let thread: SerialThread
    private let timeout: Int32
    private let isEmbedded: Bool

    package init(_ configuration: KafkaConfiguration, timeout: Duration = .seconds(10)) throws(KafkaError) {
        // A consumer without a group: only consumers can ask for metadata without creating the topics they ask for.
        let settings =
            configuration.common + [("enable.partition.eof", "true"), ("fetch.wait.max.ms", "5")]
            + configuration.overrides.sorted { $0.key < $1.key }
        client = try AdminClient(settings, isEmbedded: configuration.isEmbedded)
        thread = SerialThread("kafka-admin")
        isEmbedded = configuration.isEmbedded
        self.timeout = Int32(clamping: timeout.milliseconds)
    }

    deinit { thread.close { [client] in client.destroy() } }

    /// Ends the requests that wait and frees the client; closing twice is safe.
    package func close() async {
        await withCheckedContinuation { continuation in
            thread.close { [client] in
                client.destroy()
            } done: {
                continuation.resume()
            }
        }
    }

    /// The brokers and topics there are; never creates a topic.
    package func metadata() async throws(KafkaError) -> KafkaMetadata {
        try await perform("metadata") { [timeout] client throws(KafkaError) in
            try RDKafkaAdmin.metadata(client, timeout)
        }
    }

    /// Creates topics; what failed comes back by name (`topicAlreadyExists` among it), empty when all went well.
    package func createTopics(_ topics: [NewTopic]) async throws(KafkaError) -> [String: KafkaError] {
        if topics.isEmpty { return [:] }
        return try await perform("creating topics") { [timeout] client throws(KafkaError) in
            try RDKafkaAdmin.create(client, topics, timeout)
        }
    }

    /// Deletes topics and all they hold; what failed comes back by name.
    package func deleteTopics(_ names: [String]) async throws(KafkaError) -> [String: KafkaError] {
        if names.isEmpty { return [:] }
        return try await perform("deleting topics") { [timeout] client throws(KafkaError) in
            try RDKafkaAdmin.delete(client, names, timeout)
        }
    }

    /// The offsets a partition holds now.
    package func watermarks(_ partition: TopicPartition) async throws(KafkaError) -> Watermarks {
        try await perform("watermarks") { [timeout, isEmbedded] client throws(KafkaError) in
            let marks = try RDKafkaAdmin.watermarks(client, partition, timeout)
            guard isEmbedded, marks.high > 0 else { return marks }
            // The embedded broker says where the batch begins that it stored last, plus one; the true end is found by reading on from there.
            let end = try RDKafkaAdmin.end(client, partition, reading: marks.high - 1, timeout)
            return Watermarks(low: KafkaOffset.beginningOfEmbedded, high: end)
        }
    }

    /// What a group has committed for these partitions; those without a commit are left out.
    package func committed(_ group: String, _ partitions: [TopicPartition]) async throws(KafkaError)
        -> [TopicPartition: Int64]
    {
        try await perform("committed offsets") { [timeout] client throws(KafkaError) in
            try RDKafkaAdmin.committed(client, group, partitions, timeout)
        }
    }

    /// How many records of each partition a group has not committed yet; without a commit, all of them.
    package func lag(_ group: String, _ partitions: [TopicPartition]) async throws(KafkaError) -> [TopicPartition:
        Int64]
    {
        let committed = try await committed(group, partitions)
        var lag: [TopicPartition: Int64] = [:]
        for partition in partitions {
            let marks = try await watermarks(partition)
            lag[partition] = max(0, marks.high - max(marks.low, committed[partition] ?? marks.low))
        }
        return lag
    }

    private func perform<Value: Sendable>(
        _ operation: String, _ body: @escaping @Sendable (RDKafkaClient) throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        let result: Result<Value, KafkaError> = await withCheckedContinuation { continuation in
            let accepted = thread.perform { [client] isClosed in
                if isClosed { return continuation.resume(returning: .failure(.closed(operation))) }
                do throws(KafkaError) { continuation.resume(returning: .success(try body(client.current()))) } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !accepted { continuation.resume(returning: .failure(.closed(operation))) }
        }
        return try result.get()
    }
}
