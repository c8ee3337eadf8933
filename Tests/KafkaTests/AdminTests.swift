import Kafka
import TestSupport
import Testing

/// Topics and offsets, on a real broker.
@Suite struct AdminTests {
    @Test func `topics are created with their partition count, once`() async throws {
        try await withBroker { configuration in
            let admin = try KafkaAdmin(configuration)
            let names = [TestEnvironment.uniqueName("new"), TestEnvironment.uniqueName("new")]
            let topics = [
                NewTopic(names[0], partitions: 3, replication: 1, configuration: ["retention.ms": "60000"]),
                NewTopic(names[1], partitions: 7, replication: 1),
            ]
            var failures = try await admin.createTopics(topics)
            #expect(failures.isEmpty)
            let metadata = try await admin.metadata()
            #expect(metadata.brokers == 1)
            #expect(metadata.topics[names[0]] == 3)
            #expect(metadata.topics[names[1]] == 7)
            failures = try await admin.createTopics(topics)
            #expect(Set(failures.keys) == Set(names))
            #expect(failures.values.allSatisfy { $0.code == .topicAlreadyExists })
            failures = try await admin.deleteTopics([names[0], "no.such.topic"])
            #expect(failures.keys.sorted() == ["no.such.topic"])
            #expect(failures["no.such.topic"]?.code == .unknownTopicOrPartition)
            let after = try await admin.metadata()
            #expect(after.topics[names[0]] == nil)
            #expect(after.topics[names[1]] == 7)
            await admin.close()
            await admin.close()
            await #expect(throws: KafkaError.self) { _ = try await admin.metadata() }
        }
    }

    @Test func `watermarks tell what a partition holds`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration, partitions: 2)
            try await fill(configuration, topic, partitions: 1, count: 12)
            let admin = try KafkaAdmin(configuration)
            let (full, empty) = (
                try await admin.watermarks(.init(topic, 0)), try await admin.watermarks(.init(topic, 1))
            )
            #expect(full == Watermarks(low: 0, high: 12))
            #expect(empty == Watermarks(low: 0, high: 0))
            await admin.close()
        }
    }

    @Test func `a cluster that can't be reached is an error that may pass, within the timeout`() async throws {
        let admin = try KafkaAdmin(.cluster(bootstrapServers: "127.0.0.1:1"), timeout: .milliseconds(300))
        let error = await #expect(throws: KafkaError.self) { _ = try await admin.metadata() }
        #expect(error?.isRetriable == true)
        await admin.close()
    }
}
