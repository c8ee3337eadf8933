internal import CRdKafka

extension KafkaError {
    /// A code of the Kafka protocol (positive) or of the client library (negative).
    package struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        package let rawValue: Int32

        package init(rawValue: Int32) { self.rawValue = rawValue }

        init(_ code: rd_kafka_resp_err_t) { self.rawValue = Int32(code.rawValue) }

        /// The protocol's name of the code, such as `UNKNOWN_TOPIC_OR_PART`; the client's own start with `_`.
        package var description: String {
            rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: .init(rawValue))).map { String(cString: $0) }
                ?? "\(rawValue)"
        }
    }
}

extension KafkaError.Code {
    /// The bounded queue of the producer has no room: wait for delivery reports, then go on.
    package static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    /// The record is larger than the client's or the topic's limit.
    package static let recordTooLarge = Self(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    /// No such topic or partition, as the broker says.
    package static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    /// No such topic, as the client concludes from the metadata.
    package static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    /// No such partition, as the client concludes from the metadata.
    package static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    package static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    /// The wanted offset is no more, or not yet, in the partition; the reader stays where it is until it is told where to go.
    package static let offsetOutOfRange = Self(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    package static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
    /// The connection to a broker failed; the client reconnects by itself.
    package static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
    /// No broker can be reached; the client goes on trying by itself.
    package static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    /// The record was given up because its producer was closed, before it was sent.
    package static let purged = Self(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    /// The same after it was sent: the broker may have it.
    package static let purgedInFlight = Self(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    /// The client was closed before or during the request.
    package static let closed = Self(RD_KAFKA_RESP_ERR__DESTROY)
    /// A setting has a name or value that the client doesn't know.
    package static let invalidConfiguration = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
    /// The client library at run time is older than what the mesh needs.
    package static let unsupportedLibrary = Self(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
    /// The consumer was not polled for too long and was taken out of its group.
    package static let pollIntervalExceeded = Self(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
    /// The broker failed, and doesn't say at what.
    package static let unknown = Self(RD_KAFKA_RESP_ERR_UNKNOWN)
    package static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)
}
