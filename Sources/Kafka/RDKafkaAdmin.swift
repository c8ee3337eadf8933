internal import CRdKafka

/// The admin requests in C, blocking.
enum RDKafkaAdmin {
    static func metadata(_ client: RDKafkaClient, _ timeout: Int32) throws(KafkaError) -> KafkaMetadata {
        var result: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client.pointer, 1, nil, &result, timeout)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let result else { throw KafkaError(code, "metadata of the cluster") }
        defer { rd_kafka_metadata_destroy(result) }
        var topics: [String: Int32] = [:]
        for index in 0..<Int(result.pointee.topic_cnt) {
            let topic = result.pointee.topics[index]
            if topic.err == RD_KAFKA_RESP_ERR_NO_ERROR { topics[String(cString: topic.topic)] = topic.partition_cnt }
        }
        return KafkaMetadata(brokers: Int(result.pointee.broker_cnt), topics: topics)
    }

    static func create(_ client: RDKafkaClient, _ topics: [NewTopic], _ timeout: Int32) throws(KafkaError)
        -> [String: KafkaError]
    {
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        var text = [CChar](repeating: 0, count: 512)
        for topic in topics {
            guard
                let request = rd_kafka_NewTopic_new(
                    topic.name, topic.partitions, topic.replication, &text, text.count)
            else { throw KafkaError(.invalidConfiguration, "topic '\(topic.name)': \(String(terminated: text))") }
            requests.append(request)
            for (name, value) in topic.configuration { rd_kafka_NewTopic_set_config(request, name, value) }
        }
        return try answer(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, "creating topics") { options, queue in
            rd_kafka_CreateTopics(client.pointer, &requests, requests.count, options, queue)
        } read: { event in
            var count = 0
            return failures(
                rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count), count)
        }
    }

    static func delete(_ client: RDKafkaClient, _ names: [String], _ timeout: Int32) throws(KafkaError)
        -> [String: KafkaError]
    {
        var requests: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { for request in requests { rd_kafka_DeleteTopic_destroy(request) } }
        return try answer(client, RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout, "deleting topics") { options, queue in
            rd_kafka_DeleteTopics(client.pointer, &requests, requests.count, options, queue)
        } read: { event in
            var count = 0
            return failures(
                rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count), count)
        }
    }

    static func committed(
        _ client: RDKafkaClient, _ group: String, _ partitions: [TopicPartition], _ timeout: Int32
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        var request: OpaquePointer? = RDKafkaPartitionList.with(partitions.map { ($0, 0) }) {
            rd_kafka_ListConsumerGroupOffsets_new(group, $0)
        }
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        let operation = RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS
        return try answer(client, operation, timeout, "offsets of group \(group)") { options, queue in
            rd_kafka_ListConsumerGroupOffsets(client.pointer, &request, 1, options, queue)
        } read: { event in
            var count = 0
            let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
                rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
            guard count > 0, let result = groups?[0] else { return [:] }
            let entries = RDKafkaPartitionList.entries(rd_kafka_group_result_partitions(result))
            return Dictionary(entries.filter { $0.offset >= 0 }.map { ($0.partition, $0.offset) }) { _, new in new }
        }
    }

    static func watermarks(_ client: RDKafkaClient, _ partition: TopicPartition, _ timeout: Int32) throws(KafkaError)
        -> Watermarks
    {
        var marks = Watermarks(low: 0, high: 0)
        let code = rd_kafka_query_watermark_offsets(
            client.pointer, partition.topic, partition.partition, &marks.low, &marks.high, timeout)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, "offsets of \(partition)") }
        return marks
    }

    /// The offset after the last record, found by reading from `offset` to the end of the partition.
    static func end(_ client: RDKafkaClient, _ partition: TopicPartition, reading offset: Int64, _ timeout: Int32)
        throws(KafkaError) -> Int64
    {
        let topic = TopicHandle(client, partition.topic)
        defer { withExtendedLifetime(topic) {} }
        guard rd_kafka_consume_start(topic.pointer, partition.partition, offset) == 0 else {
            throw KafkaError(rd_kafka_last_error(), "end of \(partition)")
        }
        defer { rd_kafka_consume_stop(topic.pointer, partition.partition) }
        let deadline = ContinuousClock.now + .milliseconds(Int(timeout))
        while .now < deadline {
            guard let message = rd_kafka_consume(topic.pointer, partition.partition, timeout) else { break }
            defer { rd_kafka_message_destroy(message) }
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR: continue
            case RD_KAFKA_RESP_ERR__PARTITION_EOF: return message.pointee.offset
            default: throw KafkaError(message.pointee.err, "end of \(partition)")
            }
        }
        throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "end of \(partition)")
    }

    /// Sends one request with a queue of its own and waits for its answer.
    private static func answer<Value>(
        _ client: RDKafkaClient, _ operation: rd_kafka_admin_op_t, _ timeout: Int32, _ context: String,
        send: (OpaquePointer?, OpaquePointer?) -> Void, read: (OpaquePointer) -> Value
    ) throws(KafkaError) -> Value {
        let queue = rd_kafka_queue_new(client.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(client.pointer, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        var text = [CChar](repeating: 0, count: 512)
        rd_kafka_AdminOptions_set_request_timeout(options, timeout, &text, text.count)
        send(options, queue)
        guard let event = rd_kafka_queue_poll(queue, timeout + 1000) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, context)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(code, context, detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return read(event)
    }

    private static func failures(_ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int) -> [String: KafkaError]
    {
        var failures: [String: KafkaError] = [:]
        for index in 0..<count {
            guard let result = results?[index] else { continue }
            let code = rd_kafka_topic_result_error(result)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            let name = String(cString: rd_kafka_topic_result_name(result))
            let detail = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            failures[name] = KafkaError(code, "topic '\(name)'", detail: detail)
        }
        return failures
    }
}
