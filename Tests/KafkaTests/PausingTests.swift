import TestSupport
import Testing

@testable import Kafka

/// What the client has fetched of a partition that is paused.
@Suite struct PausingTests {
    /// librdkafka's own pause throws it away, and begins to fetch it again up to a second after the end of the pause.
    @Test(arguments: AssignmentStrategy.allCases)
    func `it is there when the pause ends, even if the cluster isn't`(strategy: AssignmentStrategy) async throws {
        let topic = TestEnvironment.uniqueName("pausing")
        let cluster = try MockCluster(topics: [topic], partitions: 2)
        let delegate = RecordingDelegate()
        let consumer = try KafkaConsumer(
            cluster.configuration, group: TestEnvironment.uniqueName("group"), strategy: strategy, delegate: delegate)
        consumer.subscribe([topic])
        try await eventually("the assignment", within: .seconds(30)) { delegate.partitions.count == 2 }
        consumer.pause([TopicPartition(topic, 0)])
        // What comes of the other one later was asked for together with what lies in this one.
        for count in [5, 10, 15] {
            try await fill(cluster.configuration, topic, partitions: 2, count: 5, from: count - 5)
            try await eventually("the other partition") { delegate.records.count == count }
        }
        cluster.takeDown()
        consumer.resume([TopicPartition(topic, 0)])
        try await eventually("what was fetched") { delegate.records.filter { $0.partition == 0 }.count >= 10 }
        #expect(
            delegate.records.filter { $0.partition == 0 }.prefix(10).map(\.offset) == (0..<10).map { Int64($0) })
        await consumer.close()
        withExtendedLifetime(cluster) {}
    }

    @Test func `partitions with many records and with few each come whole and in order`() async throws {
        let topic = TestEnvironment.uniqueName("turns")
        let cluster = try MockCluster(topics: [topic], partitions: 3)
        try await fill(cluster.configuration, topic, count: 3000)
        let delegate = RecordingDelegate()
        let consumer = try KafkaConsumer(
            cluster.configuration, group: TestEnvironment.uniqueName("group"), limits: ConsumerLimits(records: 10),
            delegate: delegate)
        consumer.subscribe([topic])
        try await eventually("the assignment", within: .seconds(30)) { delegate.partitions.count == 3 }
        try await fill(cluster.configuration, topic, partitions: 3, count: 20, from: 3000)
        try await eventually("all records", within: .seconds(30)) { delegate.records.count == 3060 }
        for partition: Int32 in 0..<3 {
            let offsets = delegate.records.filter { $0.partition == partition }.map(\.offset)
            #expect(offsets == (0..<Int64(offsets.count)).map { $0 })
        }
        await consumer.close()
        withExtendedLifetime(cluster) {}
    }

    /// Whatever comes just then.
    @Test(.timeLimit(.minutes(1))) func `a partition can be stopped at any moment, and begun anew`() async throws {
        let topic = TestEnvironment.uniqueName("stopping")
        let cluster = try MockCluster(topics: [topic], partitions: 1)
        let count = 2000
        try await fill(cluster.configuration, topic, count: count)
        let records = Collector<Int64>()
        var configuration = cluster.configuration
        // Many small answers.
        configuration.overrides["fetch.message.max.bytes"] = "1000"
        let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0.map(\.offset)) })
        for round in 0..<300 {
            reader.start(TopicPartition(topic, 0), at: .beginning)
            // No wait for anything: another moment of the fetch in each round.
            try await Task.sleep(for: .microseconds(500 + 50 * (round % 40)))
            reader.stop(TopicPartition(topic, 0))
        }
        // It tells the last reading's end.
        try await fill(cluster.configuration, topic, count: 1, from: count)
        reader.start(TopicPartition(topic, 0), at: .beginning)
        try await eventually("the last one") { records.all.last == Int64(count) }
        #expect(records.all.suffix(count + 1) == (0...Int64(count)).map { $0 }[...])
        await reader.close()
        withExtendedLifetime(cluster) {}
    }

    @Test func `each waits once for its turn, and behind those that came before it`() {
        var seed = Seed()
        var turns = PartitionTurns()
        var model: [TopicPartition] = []
        for _ in 0..<6000 {
            if seed.chance(0.55) {
                let partition = TopicPartition("t", Int32(seed.integer(in: 0...400)))
                turns.add(partition)
                if !model.contains(partition) { model.append(partition) }
            } else {
                #expect(turns.next() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(turns.count == model.count && turns.isEmpty == model.isEmpty)
        }
    }
}
