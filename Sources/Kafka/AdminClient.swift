internal import CRdKafka

/// The client of a `KafkaAdmin`, for its thread alone.
///
/// `@unchecked Sendable`: everything but `init` happens on that one thread.
final class AdminClient: @unchecked Sendable {
    private let settings: [(String, String)]
    private let isEmbedded: Bool
    private var client: RDKafkaClient

    init(_ settings: [(String, String)], isEmbedded: Bool) throws(KafkaError) {
        self.settings = settings
        self.isEmbedded = isEmbedded
        client = try RDKafkaClient(RD_KAFKA_CONSUMER, settings, events: RD_KAFKA_EVENT_ERROR)
    }

    /// The client to ask with: a new one after the embedded broker was away, because it forgets the topics' ids, and a fetch
    /// with an id that it doesn't know ends librdkafka (docs/embedded-broker.md).
    func current() throws(KafkaError) -> RDKafkaClient {
        var wasAway = false
        while let event = rd_kafka_queue_poll(client.queue, 0) {
            if rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN { wasAway = true }
            rd_kafka_event_destroy(event)
        }
        guard isEmbedded, wasAway, client.hasMetadata else { return client }
        let next = try RDKafkaClient(RD_KAFKA_CONSUMER, settings, events: RD_KAFKA_EVENT_ERROR)
        client.destroy()
        client = next
        return next
    }

    func destroy() { client.destroy() }
}
