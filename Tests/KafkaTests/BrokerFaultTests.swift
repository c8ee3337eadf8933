import Embedded
import Foundation
import Glibc
import Kafka
import Synchronization
import TestSupport
import Testing

/// A broker that dies, comes back empty, or stops answering for a while.
@Suite struct BrokerFaultTests {
    @Test func `what a producer holds while the broker is away arrives in order once broker and topic are back`()
        async throws
    {
        try await withOwnBroker { broker, configuration in
            try await create("t", configuration)
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
            try producer.produce(record("t", 0), tag: 0)
            try await reports.wait(for: 1)
            await broker.kill()
            for value in 1..<500 { try producer.produce(record("t", value), tag: UInt64(value)) }
            #expect(producer.pending == 499)
            try await broker.restart()
            try await create("t", configuration)
            try await reports.wait(for: 500)
            #expect(reports.all.map(\.tag) == (0..<500).map { UInt64($0) })
            #expect(reports.all.allSatisfy { $0.error == nil })
            let read = try await readAll(configuration, "t", count: 499)
            #expect(read.map(\.text) == (1..<500).map { "\($0)" })
            await producer.close()
        }
    }

    @Test
    func `records for a topic that is gone fail with a clear error, and the next ones go through when it is back`()
        async throws
    {
        try await withOwnBroker { broker, configuration in
            try await create("t", configuration)
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
            try producer.produce(record("t", 0), tag: 0)
            try await reports.wait(for: 1)
            try await broker.restart()
            try producer.produce(record("t", 1), tag: 1)
            let report = try await reports.wait(for: 2)[1]
            let code = try #require(report.error?.code)
            #expect([.unknownTopic, .unknownTopicOrPartition, .unknownPartition].contains(code))
            let admin = try KafkaAdmin(configuration)
            let topics = try await admin.metadata().topics
            #expect(topics.isEmpty, "nobody may create the topic by writing to it")
            await admin.close()
            try await create("t", configuration)
            try await eventually("a record that is taken again") {
                let count = reports.count
                if (try? producer.produce(record("t", 2), tag: 2)) == nil { return false }
                return try await reports.wait(for: count + 1).last?.error == nil
            }
            await producer.close()
        }
    }

    @Test(arguments: AssignmentStrategy.allCases)
    func `a member loses its partitions when the broker comes back empty, and gets them again with their topic`(
        strategy: AssignmentStrategy
    ) async throws {
        try await withOwnBroker { broker, configuration in
            try await create("t", configuration, partitions: 2)
            try await fill(configuration, "t", partitions: 2, count: 10)
            let delegate = RecordingDelegate()
            let consumer = try KafkaConsumer(configuration, group: "g", strategy: strategy, delegate: delegate)
            consumer.subscribe(["t"])
            try await eventually("the records") { delegate.records.count == 20 }
            try await broker.restart()
            try await eventually("the loss") {
                delegate.events.all.contains {
                    if case .lost(let partitions) = $0 { partitions.count == 2 } else { false }
                }
            }
            try await create("t", configuration, partitions: 2)
            try await eventually("the new assignment", within: .seconds(20)) { delegate.partitions.count == 2 }
            try await fill(configuration, "t", partitions: 2, count: 5, from: 100)
            try await eventually("the new records") { delegate.records.count == 30 }
            #expect(delegate.records.suffix(10).filter { $0.partition == 0 }.map(\.text) == (100..<105).map { "\($0)" })
            await consumer.close()
        }
    }

    @Test func `a group survives that two members end during a rebalance`() async throws {
        try await withOwnBroker { _, configuration in
            try await create("t", configuration, partitions: 6)
            let delegates = (0..<4).map { _ in RecordingDelegate() }
            let consumers = try delegates.map { try KafkaConsumer(configuration, group: "g", delegate: $0) }
            for consumer in consumers[..<3] { consumer.subscribe(["t"]) }
            try await eventually("two each", within: .seconds(20)) {
                delegates[..<3].allSatisfy { $0.partitions.count == 2 }
            }
            // A fourth makes the group rebalance; whoever leads it is among those who end meanwhile.
            consumers[3].subscribe(["t"])
            try await eventually("the rebalance has begun", within: .seconds(20)) {
                delegates[..<3].contains { $0.partitions.isEmpty }
            }
            async let first: Void = consumers[0].close()
            async let second: Void = consumers[1].close()
            async let third: Void = consumers[2].close()
            _ = await (first, second, third)
            try await eventually("the last one has all", within: .seconds(30)) { delegates[3].partitions.count == 6 }
            await consumers[3].close()
        }
    }

    @Test func `a broker that doesn't answer for a while costs time, but no record and no order`() async throws {
        try await withOwnBroker { broker, configuration in
            try await create("t", configuration)
            let records = Collector<KafkaRecord>()
            let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0) })
            reader.start(TopicPartition("t", 0), at: .beginning)
            let producer = try KafkaProducer(configuration) { _ in }
            for round in 0..<3 {
                for value in 0..<100 { try producer.produce(record("t", round * 100 + value)) }
                broker.suspend()
                for value in 100..<200 { try producer.produce(record("t", round * 100 + value)) }
                broker.resume()
                try await producer.flush(within: .seconds(10))
            }
            let texts = try await records.wait(for: 600).map(\.text)
            let expected = (0..<3).flatMap { round in (0..<200).map { "\(round * 100 + $0)" } }
            #expect(texts == expected)
            await producer.close()
            await reader.close()
        }
    }

    @Test func `a partition that comes back to a member is not judged by the end it had when it went`() async throws {
        try await withOwnBroker { broker, configuration in
            try await create("t", configuration, partitions: 2)
            // Held back, as a worker does until it has claimed them; the first assignment is read at once.
            let isFirst = Mutex(true)
            let delegate = RecordingDelegate(starts: { _ in isFirst.withLock { $0 } ? .beginning : nil })
            let consumer = try KafkaConsumer(configuration, group: "g", delegate: delegate)
            consumer.subscribe(["t"])
            try await fill(configuration, "t", partitions: 2, count: 1)
            try await eventually("the first records", within: .seconds(20)) { delegate.records.count == 2 }
            isFirst.withLock { $0 = false }
            let other = RecordingDelegate()
            let second = try KafkaConsumer(configuration, group: "g", delegate: other)
            second.subscribe(["t"])
            try await eventually("one each", within: .seconds(20)) {
                delegate.partitions.count == 1 && other.partitions.count == 1
            }
            let taken = try #require(other.partitions.first)
            try await fill(configuration, "t", partitions: 2, count: 10)
            try await eventually("what the other reads", within: .seconds(20)) { other.records.count == 11 }
            await second.close()
            try await eventually("both again", within: .seconds(20)) { delegate.partitions.count == 2 }
            // The fetch that would tell the new end comes late; the broker is away for longer than a look at the partitions.
            broker.suspend()
            consumer.start(taken, at: .at(11))
            try await Task.sleep(for: .milliseconds(600))
            broker.resume()
            try await fill(configuration, "t", partitions: 2, count: 1)
            try await eventually("the record after those", within: .seconds(20)) {
                delegate.records.contains { $0.partition == taken.partition && $0.offset == 11 }
            }
            #expect(!delegate.failures.contains { $0.code == .offsetOutOfRange })
            await consumer.close()
        }
    }

    @Test func `a partition that is moved while the assignment changes goes on where it was moved to`() async throws {
        try await withOwnBroker { _, configuration in
            try await create("t", configuration, partitions: 8)
            try await fill(configuration, "t", partitions: 8, count: 50)
            let delegate = RecordingDelegate(starts: { _ in nil })
            let consumer = try KafkaConsumer(configuration, group: "g", delegate: delegate)
            consumer.subscribe(["t"])
            try await eventually("the assignment", within: .seconds(20)) { delegate.partitions.count == 8 }
            consumer.start(TopicPartition("t", 0), at: .at(40))
            try await eventually("the first ones", within: .seconds(20)) { delegate.records.count == 10 }
            // Each start replaces the whole assignment, and each move comes amid that.
            for other in 1..<8 {
                consumer.start(TopicPartition("t", Int32(other)), at: .at(45))
                consumer.start(TopicPartition("t", 0), at: .at(Int64(40 - other)))
                try await eventually("round \(other)", within: .seconds(20)) {
                    delegate.records.contains { $0.partition == 0 && $0.offset == 40 - other }
                        && delegate.records.contains { $0.partition == other }
                }
            }
            try await fill(configuration, "t", partitions: 8, count: 1)
            try await eventually("all of the last round", within: .seconds(20)) {
                let last = delegate.records.filter { $0.partition == 0 }.suffix(18).map(\.offset)
                return last == (33...50).map { Int64($0) }
            }
            await consumer.close()
        }
    }

    @Test func `a member that is frozen loses its partitions to the others, though it led the group`() async throws {
        try await withOwnBroker { broker, configuration in
            try await create("t", configuration, partitions: 4)
            let kcat = try #require(Programs.find("kcat"), "run Scripts/bootstrap")
            let log = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("kcat"))"
            let member = try ChildProcess(
                .init(
                    executable: kcat,
                    arguments: [
                        "-b", broker.bootstrapServers, "-X", "session.timeout.ms=2000", "-X",
                        "heartbeat.interval.ms=200", "-X", "partition.assignment.strategy=range", "-G", "g", "t",
                    ], environment: ["LD_LIBRARY_PATH": TestEnvironment.nativeLibraries], directory: "/", log: log))
            defer { member.stop(SIGKILL, patience: .zero) }
            try await eventually("the first member's assignment", within: .seconds(20)) {
                (try? String(contentsOfFile: log, encoding: .utf8))?.contains("assigned: t [0]") == true
            }
            let delegate = RecordingDelegate()
            let consumer = try KafkaConsumer(configuration, group: "g", delegate: delegate)
            consumer.subscribe(["t"])
            try await eventually("two partitions", within: .seconds(20)) { delegate.partitions.count == 2 }
            member.signal(SIGSTOP)
            try await eventually("all four", within: .seconds(20)) { delegate.partitions.count == 4 }
            await consumer.close()
        }
    }

    @Test func `a reader that has just connected survives that the broker goes and comes back with other topic ids`()
        async throws
    {
        try await withOwnBroker { broker, configuration in
            for round in 0..<6 {
                try await create("t", configuration)
                try await fill(configuration, "t", partitions: 1, count: 1)
                let records = Collector<KafkaRecord>()
                let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0) })
                reader.start(TopicPartition("t", 0), at: .at(0))
                try await eventually("the record of round \(round)") { records.count == 1 }
                try await broker.restart()
                try await create("t", configuration)
                try await fill(configuration, "t", partitions: 1, count: 2)
                try await eventually("what the next broker has, round \(round)") { records.count == 2 }
                await reader.close()
                try await broker.restart()
            }
        }
    }

    private func record(_ topic: String, _ value: Int) -> OutgoingRecord {
        OutgoingRecord(topic: topic, partition: 0, key: nil, value: Array("\(value)".utf8))
    }

    private func create(_ topic: String, _ configuration: KafkaConfiguration, partitions: Int32 = 1) async throws {
        let admin = try KafkaAdmin(configuration)
        let failures = try await admin.createTopics([NewTopic(topic, partitions: partitions, replication: 1)])
        await admin.close()
        if let failure = failures[topic] { throw failure }
    }
}
