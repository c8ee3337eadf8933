import Kafka
import TestSupport

/// Writes `count` records with the values 0, 1, 2… to each of the partitions, and waits for their reports.
func fill(
    _ configuration: KafkaConfiguration, _ topic: String, partitions: Int32 = 1, count: Int, from first: Int = 0
) async throws {
    let reports = Collector<DeliveryReport>()
    let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
    for value in first..<(first + count) {
        for partition in 0..<partitions {
            try producer.produce(
                OutgoingRecord(topic: topic, partition: partition, key: nil, value: Array("\(value)".utf8)))
        }
    }
    try await producer.flush(within: .seconds(20))
    await producer.close()
    if let error = reports.all.lazy.compactMap(\.error).first { throw error }
}

/// Reads the first `count` records of a partition.
func readAll(_ configuration: KafkaConfiguration, _ topic: String, partition: Int32 = 0, count: Int) async throws
    -> [KafkaRecord]
{
    let records = Collector<KafkaRecord>()
    let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0) })
    reader.start(TopicPartition(topic, partition), at: .beginning)
    let all = try await records.wait(for: count)
    await reader.close()
    return all
}

extension KafkaRecord {
    /// The value as text.
    var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }
}
