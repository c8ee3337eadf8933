internal import CRdKafka

/// Copies borrowed messages into records; remembers the last topic's name, because runs of one topic are the rule.
struct RecordDecoder {
    private var topicPointer: OpaquePointer?
    private var topicName = ""

    mutating func record(_ message: UnsafePointer<rd_kafka_message_t>) -> KafkaRecord {
        let source = message.pointee
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &kind)
        return KafkaRecord(
            topic: name(source.rkt), partition: source.partition, offset: source.offset,
            timestamp: max(0, timestamp), key: RecordDecoder.bytes(source.key, source.key_len),
            value: RecordDecoder.bytes(source.payload, source.len), headers: RecordDecoder.headers(message))
    }

    mutating func partition(of message: UnsafePointer<rd_kafka_message_t>) -> TopicPartition {
        TopicPartition(name(message.pointee.rkt), message.pointee.partition)
    }

    private mutating func name(_ topic: OpaquePointer?) -> String {
        guard let topic else { return "" }
        if topic != topicPointer {
            topicPointer = topic
            topicName = String(cString: rd_kafka_topic_name(topic))
        }
        return topicName
    }

    private static func bytes(_ pointer: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        guard let pointer else { return nil }
        return [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
    }

    private static func headers(_ message: UnsafePointer<rd_kafka_message_t>) -> [KafkaHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        let count = rd_kafka_header_cnt(list)
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(count)
        for index in 0..<count {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name
            else { break }
            let content = value.map { KafkaHeader.Value(UnsafeRawBufferPointer(start: $0, count: size)) } ?? .null
            headers.append(KafkaHeader(name: String(cString: name), content: content))
        }
        return headers
    }
}
