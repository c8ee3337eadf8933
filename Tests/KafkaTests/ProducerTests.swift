import Embedded
import Kafka
import Synchronization
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
                    headers: [
                        KafkaHeader("ce_id", "\(index)"), KafkaHeader(name: "empty", value: []),
                        KafkaHeader(name: "null", value: nil),
                    ],
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
            #expect(read.map(\.headers) == sent.map(\.headers.list))
            #expect(read.allSatisfy { $0.timestamp == 1_700_000_000_000 })
        }
    }

    @Test func `a producer that has met too many topics takes nothing more, so that another takes its place`()
        async throws
    {
        let producer = try KafkaProducer(.embedded(bootstrapServers: "127.0.0.1:1"), topicsMax: 50) { _ in }
        func produce(_ number: Int) throws(KafkaError) {
            try producer.produce(
                OutgoingRecord(topic: "made.up\(number)", partition: 0, key: [], value: []), tag: UInt64(number))
        }
        for number in 0..<51 { try produce(number) }
        let refusal = #expect(throws: KafkaError.self) { try produce(0) }
        #expect(refusal?.isFatal == true)
        await producer.close(flushing: .zero)
    }

    @Test func `null and empty keys and values stay apart`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let shapes: [[UInt8]?] = [nil, [], [0], Array("x".utf8)]
            let sent = shapes.flatMap { key in
                shapes.map { OutgoingRecord(topic: topic, partition: 0, key: key, value: $0) }
            }
            let producer = try KafkaProducer(configuration) { _ in }
            for record in sent { try producer.produce(record) }
            try await producer.flush(within: .seconds(10))
            await producer.close()
            let read = try await readAll(configuration, topic, count: sent.count)
            #expect(read.map(\.key) == sent.map(\.key))
            #expect(read.map(\.value) == sent.map(\.value))
        }
    }

    @Test func `headers keep their order, repeat, and have any bytes`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            var seed = Seed()
            let sent = (0..<100).map { _ in
                OutgoingRecord(
                    topic: topic, partition: 0, key: nil, value: [1],
                    headers: (0..<seed.integer(in: 0...20)).map { _ in
                        KafkaHeader(
                            name: "h\(seed.integer(in: 0...3))", value: seed.bytes(count: seed.integer(in: 0...40)))
                    })
            }
            let producer = try KafkaProducer(configuration) { _ in }
            let (accepted, error) = producer.produceBatch(sent.map { (tag: 0, record: $0) })
            #expect(accepted == 100)
            #expect(error == nil)
            let read = try await readAll(configuration, topic, count: sent.count)
            #expect(read.map(\.headers) == sent.map(\.headers.list))
            await producer.close()
        }
    }

    @Test func `a record over the limit is refused at once, with its size and the setting`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let producer = try KafkaProducer(configuration) { _ in }
            let record = OutgoingRecord(
                topic: topic, partition: 0, key: nil, value: [UInt8](repeating: 7, count: 5_000_000))
            let error = #expect(throws: KafkaError.self) { try producer.produce(record) }
            #expect(error?.code == .recordTooLarge)
            #expect(error?.isRetriable == false)
            #expect(error?.message.contains("5000000 bytes") == true)
            #expect(error?.message.contains("message.max.bytes") == true)
            #expect(producer.pending == 0)
            await producer.close()
        }
    }

    @Test func `a full queue refuses further records, and takes them once there is room`() async throws {
        try await withOwnBroker { broker, configuration in
            let topic = try await makeTopic(configuration)
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration, queueLimit: 10) { reports.append(contentsOf: $0) }
            // Else the first goes alone, beside a full queue of others.
            try producer.produce(OutgoingRecord(topic: topic, partition: 0, key: nil, value: [1]), tag: 99)
            try await reports.wait(for: 1)
            broker.suspend()
            let records = (0..<25).map {
                (tag: UInt64($0), record: OutgoingRecord(topic: topic, partition: 0, key: nil, value: [1]))
            }
            let (accepted, error) = producer.produceBatch(records)
            #expect(accepted == 10)
            #expect(error?.code == .queueFull)
            #expect(error?.isRetriable == true)
            broker.resume()
            try await reports.wait(for: 11)
            #expect(producer.produceBatch(Array(records.dropFirst(10).prefix(10))).accepted == 10)
            try await reports.wait(for: 21)
            #expect(reports.all.map(\.tag) == [99] + (0..<20).map { UInt64($0) })
            await producer.close()
        }
    }

    @Test func `whoever is told that the only record of a full queue has arrived finds room for the next`() async throws
    {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let reports = Collector<DeliveryReport>()
            let producer = Mutex<KafkaProducer?>(nil)
            let record = OutgoingRecord(topic: topic, partition: 0, key: nil, value: [1])
            let made = try KafkaProducer(configuration, queueLimit: 1) { batch in
                let isFirst = reports.all.isEmpty
                if isFirst { producer.withLock { try? $0?.produce(record, tag: 2) } }
                reports.append(contentsOf: batch)
            }
            producer.withLock { $0 = made }
            try made.produce(record, tag: 1)
            try await reports.wait(for: 2)
            #expect(reports.all.map(\.tag) == [1, 2])
            await made.close()
        }
    }

    @Test func `closing gives up what cannot be delivered, with a report for each record`() async throws {
        try await withOwnBroker { broker, configuration in
            let topic = try await makeTopic(configuration)
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
            broker.suspend()
            for tag in 0..<50 {
                try producer.produce(OutgoingRecord(topic: topic, partition: 0, key: nil, value: [1]), tag: UInt64(tag))
            }
            let timedOut = await #expect(throws: KafkaError.self) {
                try await producer.flush(within: .milliseconds(50))
            }
            #expect(timedOut?.code == .timedOut)
            await producer.close(flushing: .milliseconds(50))
            #expect(Set(reports.all.map(\.tag)) == Set(0..<50))
            #expect(reports.all.allSatisfy { $0.error != nil })
            await producer.close()
            let closed = #expect(throws: KafkaError.self) {
                try producer.produce(OutgoingRecord(topic: topic, partition: 0, key: nil, value: nil))
            }
            #expect(closed?.code == .closed)
            try await producer.flush(within: .seconds(1))
            broker.resume()
        }
    }

    @Test func `a partition that isn't there is refused once the topic is known`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let reports = Collector<DeliveryReport>()
            let producer = try KafkaProducer(configuration) { reports.append(contentsOf: $0) }
            try producer.produce(OutgoingRecord(topic: topic, partition: 0, key: nil, value: nil), tag: 1)
            try await reports.wait(for: 1)
            let error = #expect(throws: KafkaError.self) {
                try producer.produce(OutgoingRecord(topic: topic, partition: 9, key: nil, value: nil), tag: 2)
            }
            #expect(error?.code == .unknownPartition)
            #expect(error?.message.contains("\(topic)[9]") == true)
            #expect(producer.pending == 0)
            await producer.close()
        }
    }

    @Test func `an unknown setting is refused by name`() {
        var configuration = KafkaConfiguration.cluster(bootstrapServers: "127.0.0.1:1")
        configuration.overrides = ["no.such.setting": "1"]
        let error = #expect(throws: KafkaError.self) { _ = try KafkaProducer(configuration) { _ in } }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("no.such.setting") == true)
    }
}
