import Kafka
import TestSupport
import Testing

/// Writing to a real broker, and reading what arrived.
@Suite struct ProducerTests {
    @Test func `records arrive in the order of the calls, with key, value and headers as they were`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let sent = (0..<1000).map { index in
                OutgoingRecord(
                    topic: topic, partition: 0, key: Array("key \(index % 7)".utf8),
                    value: Array("value \(index)".utf8),
                    headers: [KafkaHeader("ce_id", "\(index)"), KafkaHeader(name: "empty", value: [])],
                    timestamp: 1_700_000_000_000)
            }
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
            for (index, record) in sent.enumerated() { try producer.produce(record, tag: UInt64(index)) }
            try await reports.wait(for: 1000)
            #expect(reports.all.map(\.tag) == (0..<1000).map { UInt64($0) })
            #expect(reports.all.allSatisfy { $0.error == nil })
            #expect(reports.all.map(\.offset) == (0..<1000).map { Int64($0) })
            await producer.close()

            let read = try await readAll(configuration, topic, count: 1000)
            #expect(read.map(\.offset) == (0..<1000).map { Int64($0) })
            #expect(read.map(\.key) == sent.map(\.key))
            #expect(read.map(\.value) == sent.map(\.value))
            #expect(read.map(\.headers) == sent.map(\.headers))
            #expect(read.allSatisfy { $0.timestamp == 1_700_000_000_000 })
        }
    }
}

/// Reads the first `count` records of partition 0.
func readAll(_ configuration: KafkaConfiguration, _ topic: String, count: Int) async throws -> [KafkaRecord] {
    let records = Collector<KafkaRecord>()
    let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0) })
    reader.start(TopicPartition(topic, 0), at: .beginning)
    let all = try await records.wait(for: count)
    await reader.close()
    return all
}
