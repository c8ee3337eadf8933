import Kafka
import TestSupport
import Testing

/// The embedded broker takes the batch that was stored first for the beginning of a partition, and not the one with the lowest offset.
@Suite struct FirstOffsetsTests {
    @Test func `a partition begins at its first offset, whichever of several producers' batches was stored first`()
        async throws
    {
        try await withBroker { configuration in
            let (writers, partitions) = (4, Int32(100))
            let topic = try await makeTopic(configuration, partitions: partitions)
            var single = configuration
            single.overrides["batch.num.messages"] = "1"
            single.requestSpacing = .zero
            let producers = try (0..<writers).map { _ in try KafkaProducer(single) { _ in } }
            for partition in 0..<partitions {
                for (index, producer) in producers.enumerated() {
                    // A large one takes longer from its offset to its place, so that a small one may overtake it.
                    let value = [UInt8](repeating: 1, count: index == 0 ? 500_000 : 1)
                    try producer.produce(OutgoingRecord(topic: topic, partition: partition, key: nil, value: value))
                    // Another distance in each partition: in some of them the small one comes between the two.
                    try await Task.sleep(for: .microseconds(40 * (partition % 50)))
                }
                for producer in producers { try await producer.flush(within: .seconds(30)) }
            }
            let records = Collector<KafkaRecord>()
            let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0) })
            let admin = try KafkaAdmin(configuration)
            for partition in 0..<partitions {
                let place = TopicPartition(topic, partition)
                // The end it may know late (docs/embedded-broker.md), the beginning never.
                try await eventually("the end of \(place)") {
                    let marks = try await admin.watermarks(place)
                    #expect(marks.low == 0, "\(place)")
                    return marks.high == Int64(writers)
                }
                reader.start(place, at: .beginning)
            }
            let read = try await records.wait(for: writers * Int(partitions))
            let offsets = Dictionary(grouping: read, by: \.partition).mapValues { $0.map(\.offset) }
            #expect(offsets.values.allSatisfy { $0 == (0..<Int64(writers)).map { $0 } }, "\(offsets)")
            await reader.close()
            await admin.close()
            for producer in producers { await producer.close() }
        }
    }
}
