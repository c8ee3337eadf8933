import Kafka
import TestSupport
import Testing

/// The embedded broker announces an offset before the batch that has it can be read.
@Suite struct SkippedOffsetsTests {
    @Test func `nothing is skipped of what several producers write to one partition at once`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            // Each record a request of its own: the more of them, the more often one overtakes another.
            var single = configuration
            single.overrides["batch.num.messages"] = "1"
            single.requestSpacing = .zero
            let (writers, each) = (4, 1500)
            let offsets = Collector<Int64>()
            let reader = try KafkaReader(configuration, records: { offsets.append(contentsOf: $0.map(\.offset)) })
            reader.start(TopicPartition(topic, 0), at: .beginning)
            let producers = try (0..<writers).map { _ in try KafkaProducer(single) { _ in } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for producer in producers {
                    group.addTask {
                        for value in 0..<each {
                            try producer.produce(
                                OutgoingRecord(topic: topic, partition: 0, key: nil, value: Array("\(value)".utf8)))
                        }
                        try await producer.flush(within: .seconds(30))
                    }
                }
                try await group.waitForAll()
            }
            let read = try await offsets.wait(for: writers * each, within: .seconds(30))
            #expect(read == (0..<Int64(writers * each)).map { $0 })
            for producer in producers { await producer.close() }
            await reader.close()
        }
    }
}
