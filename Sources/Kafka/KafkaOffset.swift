internal import CRdKafka

/// Where in a partition to read from.
package enum KafkaOffset: Sendable, Hashable {
    /// The oldest record that is kept.
    case beginning
    /// Only what comes after now.
    case end
    /// What the group has committed to Kafka.
    case committed
    /// Exactly this record, or an error if it is not there.
    case at(Int64)

    var rawValue: Int64 {
        switch self {
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .end: Int64(RD_KAFKA_OFFSET_END)
        case .committed: Int64(RD_KAFKA_OFFSET_STORED)
        case .at(let offset): offset
        }
    }
}
