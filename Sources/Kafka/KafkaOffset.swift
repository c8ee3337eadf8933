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

    /// Where each partition of the embedded broker begins: it keeps all records until it ends.
    ///
    /// Asked for it, it names the batch that it *stored* first. Where two producers began a partition at once, that needn't be the one
    /// with the lowest offset.
    static let beginningOfEmbedded: Int64 = 0

    /// The offset as librdkafka takes it.
    func rawValue(isEmbedded: Bool) -> Int64 {
        switch self {
        case .beginning where isEmbedded: Self.beginningOfEmbedded
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .end: Int64(RD_KAFKA_OFFSET_END)
        case .committed: Int64(RD_KAFKA_OFFSET_STORED)
        case .at(let offset): offset
        }
    }
}
