internal import CRdKafka

/// Lends a C list of partitions for one call.
enum RDKafkaPartitionList {
    /// Calls `body` with a list of the given partitions and offsets, and frees it.
    static func with<Result>(
        _ partitions: some Sequence<(TopicPartition, Int64)>,
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result
    ) -> Result {
        guard let list = rd_kafka_topic_partition_list_new(8) else { preconditionFailure("out of memory") }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in partitions {
            rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition).pointee.offset = offset
        }
        return body(list)
    }

    /// The entries of a borrowed list, copied.
    static func entries(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>?) -> [Entry] {
        guard let list else { return [] }
        return (0..<Int(list.pointee.cnt)).map { index in
            let entry = list.pointee.elems[index]
            return Entry(
                partition: TopicPartition(String(cString: entry.topic), entry.partition), offset: entry.offset,
                error: entry.err)
        }
    }

    struct Entry {
        var partition: TopicPartition
        var offset: Int64
        var error: rd_kafka_resp_err_t
    }
}
