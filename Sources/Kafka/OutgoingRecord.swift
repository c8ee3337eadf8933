/// A record to be written to one explicit partition; the mesh computes partitions itself.
package struct OutgoingRecord: Sendable, Equatable {
    package var topic: String
    package var partition: Int32
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: OutgoingHeaders
    /// Milliseconds since the epoch; nil lets the client set the time of the call.
    package var timestamp: Int64?

    package init(
        topic: String, partition: Int32, key: [UInt8]?, value: [UInt8]?, headers: OutgoingHeaders,
        timestamp: Int64? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    package init(
        topic: String, partition: Int32, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader] = [],
        timestamp: Int64? = nil
    ) {
        self.init(
            topic: topic, partition: partition, key: key, value: value, headers: OutgoingHeaders(headers),
            timestamp: timestamp)
    }
}
