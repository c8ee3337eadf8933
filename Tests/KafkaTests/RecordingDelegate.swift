import Kafka
import Synchronization
import TestSupport

/// Notes everything a consumer tells, in order.
final class RecordingDelegate: KafkaConsumerDelegate {
    enum Event: Sendable, Equatable {
        case assigned([TopicPartition])
        case revoked([TopicPartition])
        case lost([TopicPartition])
        case record(KafkaRecord)
        case failed(KafkaError, TopicPartition?)
        case committed([TopicPartition: Int64], KafkaError?)
    }

    let events = Collector<Event>()
    private let owned = Mutex<Set<TopicPartition>>([])
    private let starts: @Sendable (TopicPartition) -> KafkaOffset?
    private let taking: @Sendable ([KafkaRecord]) -> Void

    /// `starts` says where each assigned partition is read from; nil holds it back.
    init(
        taking: @escaping @Sendable ([KafkaRecord]) -> Void = { _ in },
        starts: @escaping @Sendable (TopicPartition) -> KafkaOffset? = { _ in .beginning }
    ) {
        self.starts = starts
        self.taking = taking
    }

    var partitions: Set<TopicPartition> { owned.withLock { $0 } }

    var records: [KafkaRecord] {
        events.all.compactMap { if case .record(let record) = $0 { record } else { nil } }
    }

    var failures: [KafkaError] {
        events.all.compactMap { if case .failed(let error, _) = $0 { error } else { nil } }
    }

    func assigned(_ partitions: [TopicPartition]) -> [TopicPartition: KafkaOffset] {
        events.append(.assigned(partitions.sorted()))
        owned.withLock { $0.formUnion(partitions) }
        return Dictionary(
            uniqueKeysWithValues: partitions.compactMap { partition in starts(partition).map { (partition, $0) } })
    }

    func revoked(_ partitions: [TopicPartition]) {
        events.append(.revoked(partitions.sorted()))
        owned.withLock { $0.subtract(partitions) }
    }

    func lost(_ partitions: [TopicPartition]) {
        events.append(.lost(partitions.sorted()))
        owned.withLock { $0.subtract(partitions) }
    }

    func records(_ records: [KafkaRecord]) {
        events.append(contentsOf: records.map { .record($0) })
        taking(records)
    }

    func failed(_ error: KafkaError, partition: TopicPartition?) { events.append(.failed(error, partition)) }

    func committed(_ offsets: [TopicPartition: Int64], error: KafkaError?) { events.append(.committed(offsets, error)) }
}
