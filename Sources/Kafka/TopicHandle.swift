internal import CRdKafka

/// Owns librdkafka's object for one topic of one client.
///
/// `@unchecked Sendable`: the pointer never changes, and librdkafka counts references itself.
final class TopicHandle: @unchecked Sendable {
    let pointer: OpaquePointer?

    init(_ client: RDKafkaClient, _ name: String) { pointer = rd_kafka_topic_new(client.pointer, name, nil) }

    deinit {
        if let pointer { rd_kafka_topic_destroy(pointer) }
    }
}
