import Kafka
import TestSupport
import Testing

/// Members of a group, on a real broker.
@Suite struct ConsumerTests {
    @Test(arguments: AssignmentStrategy.allCases)
    func `a single member gets every partition, and its records from where it starts`(strategy: AssignmentStrategy)
        async throws
    {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration, partitions: 3)
            try await fill(configuration, topic, partitions: 3, count: 10)
            let delegate = RecordingDelegate(starts: { .at($0.partition == 1 ? 4 : 0) })
            let consumer = try KafkaConsumer(
                configuration, group: TestEnvironment.uniqueName("group"), strategy: strategy, delegate: delegate)
            consumer.subscribe([topic])
            try await eventually("26 records, got \(delegate.records.count)") { delegate.records.count == 26 }
            for partition in Int32(0)..<3 {
                let first = partition == 1 ? 4 : 0
                let texts = delegate.records.filter { $0.partition == partition }.map(\.text)
                #expect(texts == (first..<10).map { "\($0)" })
            }
            await consumer.close()
            #expect(delegate.partitions.isEmpty)
            await consumer.close()
        }
    }

    @Test(arguments: AssignmentStrategy.allCases)
    func `a partition that is held back is not read until it is started, and the others go on`(
        strategy: AssignmentStrategy
    )
        async throws
    {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration, partitions: 3)
            try await fill(configuration, topic, partitions: 3, count: 10)
            let delegate = RecordingDelegate(starts: { $0.partition == 0 ? .at(0) : nil })
            let consumer = try KafkaConsumer(
                configuration, group: TestEnvironment.uniqueName("group"), strategy: strategy, delegate: delegate)
            consumer.subscribe([topic])
            try await eventually("partition 0") { delegate.records.count == 10 }
            #expect(delegate.records.allSatisfy { $0.partition == 0 })
            consumer.start(TopicPartition(topic, 2), at: .at(5))
            try await eventually("partition 2 from 5") { delegate.records.count == 15 }
            #expect(delegate.records.suffix(5).map(\.offset) == [5, 6, 7, 8, 9])
            #expect(delegate.records.suffix(5).allSatisfy { $0.partition == 2 })
            // What was going on goes on, without a gap or a repetition, under the eager protocol too.
            try await fill(configuration, topic, partitions: 3, count: 10, from: 10)
            try await eventually("the new records") { delegate.records.count == 35 }
            #expect(delegate.records.filter { $0.partition == 0 }.map(\.offset) == (0..<20).map { Int64($0) })
            #expect(delegate.records.filter { $0.partition == 2 }.map(\.offset) == (5..<20).map { Int64($0) })
            consumer.start(TopicPartition(topic, 1), at: .at(0))
            try await eventually("partition 1") { delegate.records.count == 55 }
            #expect(delegate.records.filter { $0.partition == 1 }.map(\.offset) == (0..<20).map { Int64($0) })
            await consumer.close()
        }
    }

    @Test(arguments: [true, false])
    func `a member that has no topics for a while goes on where it is told to when it has them again`(
        isEmbedded: Bool
    ) async throws {
        try await withBroker { embedded in
            var configuration = embedded
            if !isEmbedded {
                configuration = .cluster(bootstrapServers: embedded.bootstrapServers)
                // A join takes half of it.
                configuration.overrides = ["session.timeout.ms": "2000", "heartbeat.interval.ms": "200"]
            }
            let topic = try await makeTopic(embedded)
            try await fill(embedded, topic, count: 10)
            let delegate = RecordingDelegate(starts: { _ in .at(0) })
            let consumer = try KafkaConsumer(
                configuration, group: TestEnvironment.uniqueName("group"), delegate: delegate)
            consumer.subscribe([topic])
            try await eventually("10 records") { delegate.records.count == 10 }
            consumer.subscribe([])
            if !isEmbedded { try await eventually("the partition is given back") { delegate.partitions.isEmpty } }
            consumer.subscribe([topic])
            try await eventually("the partition", within: .seconds(20)) { delegate.partitions.count == 1 }
            consumer.start(TopicPartition(topic, 0), at: .at(7))
            try await eventually("records from 7 on") { delegate.records.suffix(3).map(\.offset) == [7, 8, 9] }
            #expect(delegate.failures.isEmpty, "\(delegate.failures)")
            await consumer.close()
        }
    }

    @Test func `three members with range assignment co-partition two topics, and share anew when one leaves`()
        async throws
    {
        try await withBroker { configuration in
            let topics = [
                try await makeTopic(configuration, partitions: 6, prefix: "a"),
                try await makeTopic(configuration, partitions: 6, prefix: "b"),
            ]
            let group = TestEnvironment.uniqueName("group")
            let delegates = (0..<3).map { _ in RecordingDelegate() }
            let consumers = try delegates.map { try KafkaConsumer(configuration, group: group, delegate: $0) }
            for consumer in consumers { consumer.subscribe(topics) }
            try await eventually("four partitions each", within: .seconds(30)) {
                delegates.allSatisfy { $0.partitions.count == 4 }
            }
            for delegate in delegates {
                let numbers = topics.map { topic in
                    Set(delegate.partitions.filter { $0.topic == topic }.map(\.partition))
                }
                #expect(numbers[0] == numbers[1])
                #expect(numbers[0].count == 2)
            }
            #expect(delegates.reduce(into: Set()) { $0.formUnion($1.partitions) }.count == 12)
            await consumers[0].close()
            try await eventually("six partitions each", within: .seconds(30)) {
                delegates[1...].allSatisfy { $0.partitions.count == 6 }
            }
            for consumer in consumers { await consumer.close() }
        }
    }

    @Test func `cooperative members keep what they need not give up`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration, partitions: 4)
            let group = TestEnvironment.uniqueName("group")
            let first = RecordingDelegate()
            let second = RecordingDelegate()
            let one = try KafkaConsumer(configuration, group: group, strategy: .cooperativeSticky, delegate: first)
            one.subscribe([topic])
            try await eventually("all four") { first.partitions.count == 4 }
            let two = try KafkaConsumer(configuration, group: group, strategy: .cooperativeSticky, delegate: second)
            two.subscribe([topic])
            try await eventually("two each", within: .seconds(30)) {
                first.partitions.count == 2 && second.partitions.count == 2
            }
            let revoked = first.events.all.flatMap { event -> [TopicPartition] in
                if case .revoked(let partitions) = event { partitions } else { [] }
            }
            #expect(revoked.count == 2)
            #expect(Set(revoked) == second.partitions)
            await two.close()
            await one.close()
        }
    }

    @Test func `pausing stops a partition without a gap or a repetition`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration, partitions: 2)
            let delegate = RecordingDelegate()
            let consumer = try KafkaConsumer(
                configuration, group: TestEnvironment.uniqueName("group"), limits: ConsumerLimits(records: 7),
                delegate: delegate)
            consumer.subscribe([topic])
            try await eventually("the assignment") { delegate.partitions.count == 2 }
            try await fill(configuration, topic, partitions: 2, count: 50)
            try await eventually("the first fifty") { delegate.records.count == 100 }
            consumer.pause([TopicPartition(topic, 0)])
            try await fill(configuration, topic, partitions: 2, count: 50, from: 50)
            try await eventually("the other partition") { delegate.records.filter { $0.partition == 1 }.count == 100 }
            #expect(delegate.records.filter { $0.partition == 0 }.count == 50)
            consumer.resume([TopicPartition(topic, 0)])
            try await eventually("the paused partition") { delegate.records.filter { $0.partition == 0 }.count == 100 }
            #expect(delegate.records.filter { $0.partition == 0 }.map(\.offset) == (0..<100).map { Int64($0) })
            consumer.start(TopicPartition(topic, 0), at: .at(90))
            try await eventually("the last ten again") { delegate.records.filter { $0.partition == 0 }.count == 110 }
            #expect(
                delegate.records.filter { $0.partition == 0 }.suffix(10).map(\.offset) == (90..<100).map { Int64($0) })
            await consumer.close()
        }
    }

    @Test func `commits reach Kafka, and a later member starts there`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration, partitions: 2)
            try await fill(configuration, topic, partitions: 2, count: 10)
            let group = TestEnvironment.uniqueName("group")
            let delegate = RecordingDelegate()
            let consumer = try KafkaConsumer(configuration, group: group, delegate: delegate)
            consumer.subscribe([topic])
            try await eventually("all records") { delegate.records.count == 20 }
            consumer.commit([TopicPartition(topic, 0): 3])
            consumer.commit([TopicPartition(topic, 0): 4, TopicPartition(topic, 1): 10])
            let admin = try KafkaAdmin(configuration)
            let partitions = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
            try await eventually("the commit") {
                try await admin.committed(group, partitions) == [partitions[0]: 4, partitions[1]: 10]
            }
            let lag = try await admin.lag(group, partitions)
            #expect(lag == [partitions[0]: 6, partitions[1]: 0])
            await consumer.close()
            let later = RecordingDelegate(starts: { _ in .committed })
            let second = try KafkaConsumer(configuration, group: group, delegate: later)
            second.subscribe([topic])
            try await eventually("the rest") { later.records.count == 6 }
            #expect(later.records.map(\.offset) == [4, 5, 6, 7, 8, 9])
            await second.close()
            await admin.close()
        }
    }
}
