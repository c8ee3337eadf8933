internal import CRdKafka

extension OutgoingRecord {
    /// Copies the record into the client's queue; the error says why it was refused.
    func hand(to client: RDKafkaClient, _ topic: TopicHandle, tag: UInt64) -> KafkaError? {
        guard let topicPointer = topic.pointer else {
            return KafkaError(.unknownTopic, "'\(self.topic)' is not a name for a Kafka topic")
        }
        let headers = makeHeaders()
        let refused = withMemory(key) { key, keySize in
            withMemory(value) { value, valueSize in
                wasmesh_produce(
                    client.pointer, topicPointer, partition, key, keySize, value, valueSize, timestamp ?? 0, headers,
                    tag)
            }
        }
        guard let error = KafkaError(taking: refused, "record for \(self.topic)[\(partition)]") else { return nil }
        if let headers { rd_kafka_headers_destroy(headers) }
        if error.code == .recordTooLarge {
            var clear = error
            clear.message +=
                "; it has \((key?.count ?? 0) + (value?.count ?? 0)) bytes of key and value, more than message.max.bytes"
            return clear
        }
        return error
    }

    private func makeHeaders() -> OpaquePointer? {
        guard headers.count > 0, let list = rd_kafka_headers_new(headers.count) else { return nil }
        // Null means "no value" to Kafka, so an empty one has an address, too.
        let empty = UnsafeRawPointer(bitPattern: 1)
        headers.forEach { name, value in
            _ = rd_kafka_header_add(
                list, name.assumingMemoryBound(to: CChar.self).baseAddress, name.count,
                value.flatMap { $0.baseAddress ?? empty }, value?.count ?? 0)
        }
        return list
    }
}

/// Lends the bytes; null for nil, and never null for empty ones, because null means "no value" to Kafka.
private func withMemory<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawPointer?, Int) -> Result) -> Result {
    guard let bytes else { return body(nil, 0) }
    if bytes.isEmpty {
        var nothing: UInt8 = 0
        return body(&nothing, 0)
    }
    return bytes.withUnsafeBytes { body($0.baseAddress, $0.count) }
}
