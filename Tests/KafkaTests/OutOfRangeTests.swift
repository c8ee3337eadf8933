import Kafka
import TestSupport
import Testing

/// Offsets that a partition doesn't have: above its end after a loss, below its start after retention.
@Suite struct OutOfRangeTests {
    private func cluster(_ isMock: Bool, _ topic: String, _ body: (KafkaConfiguration) async throws -> Void)
        async throws
    {
        guard isMock else {
            return try await withBroker { configuration in
                let admin = try KafkaAdmin(configuration)
                _ = try await admin.createTopics([NewTopic(topic, partitions: 2, replication: 1)])
                await admin.close()
                try await body(configuration)
            }
        }
        let cluster = try MockCluster(topics: [topic], partitions: 2)
        try await body(cluster.configuration)
        withExtendedLifetime(cluster) {}
    }

    @Test(arguments: [true, false], AssignmentStrategy.allCases)
    func `a member goes on where it is told to after an offset that isn't there, and with the other partition at once`(
        isMock: Bool, strategy: AssignmentStrategy
    ) async throws {
        let topic = TestEnvironment.uniqueName("range")
        try await cluster(isMock, topic) { configuration in
            try await fill(configuration, topic, partitions: 2, count: 5)
            let delegate = RecordingDelegate(starts: { .at($0.partition == 0 ? 1000 : 0) })
            let consumer = try KafkaConsumer(
                configuration, group: TestEnvironment.uniqueName("group"), strategy: strategy, delegate: delegate)
            consumer.subscribe([topic])
            try await eventually("the other partition's records", within: .seconds(30)) { delegate.records.count == 5 }
            let failure = try await eventually("the error") {
                delegate.events.all.compactMap { event -> (KafkaError, TopicPartition?)? in
                    if case .failed(let error, let partition) = event { (error, partition) } else { nil }
                }.first
            }
            #expect(failure.0.code == .offsetOutOfRange)
            #expect(failure.1 == TopicPartition(topic, 0))
            consumer.start(TopicPartition(topic, 0), at: .at(2))
            try await eventually("the records from there on") { delegate.records.count == 8 }
            // And the other one neither twice nor not at all.
            try await fill(configuration, topic, partitions: 2, count: 1, from: 5)
            try await eventually("new records") { delegate.records.count == 10 }
            #expect(delegate.records.filter { $0.partition == 1 }.map(\.offset) == [0, 1, 2, 3, 4, 5])
            await consumer.close()
        }
    }

    @Test(arguments: [true, false]) func `so does a reader`(isMock: Bool) async throws {
        let topic = TestEnvironment.uniqueName("range")
        try await cluster(isMock, topic) { configuration in
            try await fill(configuration, topic, count: 5)
            let failures = Collector<KafkaError>()
            let records = Collector<KafkaRecord>()
            let reader = try KafkaReader(
                configuration, records: { records.append(contentsOf: $0) },
                failed: { error, _ in failures.append(error) })
            reader.start(TopicPartition(topic, 0), at: .at(1000))
            #expect(try await failures.wait(for: 1).first?.code == .offsetOutOfRange)
            reader.start(TopicPartition(topic, 0), at: .at(3))
            #expect(try await records.wait(for: 2).map(\.offset) == [3, 4])
            await reader.close()
        }
    }
}
