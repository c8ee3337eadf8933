import CRdKafka
import Embedded
import MeshCore
import Outbox
import TestSupport
import Testing

@testable import Kafka
@testable import Publishing

@Suite struct KafkaLanePublisherTests {
    private func row(_ sequence: Int64, topic: String, partition: Int32 = 0, size: Int = 2) -> OutboxRow {
        OutboxRow(
            sequence: sequence, topic: topic, partition: partition,
            message: Message(
                id: "m\(sequence)", type: topic, source: "/test", time: .now, key: "k",
                data: Array(repeating: UInt8(ascii: "1"), count: size)))
    }

    private func sequences(_ kafka: KafkaConfiguration, _ topic: String, count: Int) async throws -> [LaneStamp] {
        let records = Collector<KafkaRecord>()
        let reader = try KafkaReader(kafka, records: { records.append(contentsOf: $0) })
        reader.start(TopicPartition(topic, 0), at: .beginning)
        let all = try await records.wait(for: count)
        await reader.close()
        return try all.map { record in
            try MessageCodec.decode(
                topic: record.topic, partition: record.partition, offset: record.offset,
                timestampMilliseconds: record.timestamp, key: record.key, value: record.value,
                headers: record.headers.map { WireHeader(name: $0.name, value: $0.value ?? []) }
            ).stamp ?? LaneStamp(lane: -1, epoch: -1, sequence: -1)
        }
    }

    /// The stamps of what is in the log, up to this one.
    private func stamps(_ kafka: KafkaConfiguration, _ topic: String, until last: LaneStamp) async throws -> [LaneStamp]
    {
        for count in 1...20 {
            let stamps = try await sequences(kafka, topic, count: count)
            if let end = stamps.firstIndex(of: last) { return Array(stamps[...end]) }
        }
        return []
    }

    @Test func `rows of a lane arrive in order with their stamps, also through a queue that is smaller than they are`()
        async throws
    {
        try await withBroker { kafka in
            let topic = try await makeTopic(kafka)
            let publisher = try KafkaLanePublisher(kafka, queueLimit: 50)
            let first = try await publisher.hand(
                over: (1...400).map { row($0, topic: topic) }, lane: 7, epoch: 2)
            let second = try await publisher.hand(
                over: (401...500).map { row($0, topic: topic) }, lane: 7, epoch: 2)
            try await first.acknowledged()
            try await second.acknowledged()
            #expect(first.refused.isEmpty && second.refused.isEmpty)
            let stamps = try await sequences(kafka, topic, count: 500)
            #expect(stamps == (1...500).map { LaneStamp(lane: 7, epoch: 2, sequence: $0) })
            await publisher.close()
        }
    }

    @Test func `a record is the message that its row holds, headers of others included`() throws {
        let message = Message(
            id: "m", type: "t.E", source: "/test", time: Timestamp(microseconds: 1_000_000), key: "k",
            data: Array("{}".utf8),
            extensions: MessageExtensions(
                caller: "t.S", others: [WireHeader("x", "1"), WireHeader(name: "y", value: [0, 0xFF])]))
        let record = OutgoingRecord(
            OutboxRow(sequence: 5, topic: "t.E", partition: 1, message: message), lane: 7, epoch: 2)
        let decoded = try MessageCodec.decode(
            topic: "t.E", partition: 1, offset: 0, timestampMilliseconds: 0, key: record.key, value: record.value,
            headers: record.headers.list.map { WireHeader(name: $0.name, value: $0.value ?? []) })
        #expect(decoded.message == message && decoded.stamp == LaneStamp(lane: 7, epoch: 2, sequence: 5))
    }

    @Test func `a row that Kafka never takes is named, and the others go on`() async throws {
        try await withBroker { kafka in
            let topic = try await makeTopic(kafka)
            let publisher = try KafkaLanePublisher(kafka)
            let rows = [row(1, topic: topic), row(2, topic: topic, size: 5 << 20), row(3, topic: topic)]
            let publication = try await publisher.hand(over: rows, lane: 1, epoch: 1)
            try await publication.acknowledged()
            #expect(publication.refused.map(\.row.sequence) == [2])
            #expect(try await sequences(kafka, topic, count: 2).map(\.sequence) == [1, 3])
            await publisher.close()
        }
    }

    @Test func `nobody waits for ever for a publisher that is closed`() async throws {
        try await withOwnBroker { broker, kafka in
            let topic = try await makeTopic(kafka)
            let publisher = try KafkaLanePublisher(kafka)
            await broker.kill()
            let publication = try await publisher.hand(over: [row(1, topic: topic)], lane: 1, epoch: 1)
            await publisher.close(flushing: .milliseconds(100))
            await #expect(throws: (any Error).self) { try await publication.acknowledged() }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `what was under way when a publisher is closed isn't called refused: the broker may have it`() async throws {
        try await withOwnBroker { broker, kafka in
            let topic = try await makeTopic(kafka)
            let publisher = try KafkaLanePublisher(kafka)
            try await publisher.hand(over: [row(1, topic: topic)], lane: 1, epoch: 1).acknowledged()
            broker.suspend()
            let publication = try await publisher.hand(over: [row(2, topic: topic)], lane: 1, epoch: 1)
            // Long enough for the record to be sent, and nobody answers.
            await publisher.close(flushing: .milliseconds(500))
            broker.resume()
            await #expect(throws: (any Error).self) { try await publication.acknowledged() }
            #expect(publication.refused.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a row that fails as its partition's first is published again, and nothing behind it comes before it`()
        async throws
    {
        let client = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, nil, nil, 0))
        defer { rd_kafka_destroy(client) }
        let cluster = try #require(rd_kafka_mock_cluster_new(client, 1))
        defer { rd_kafka_mock_cluster_destroy(cluster) }
        rd_kafka_mock_topic_create(cluster, "t", 1, 1)
        let servers = String(cString: try #require(rd_kafka_mock_cluster_bootstraps(cluster)))
        let produce: Int16 = 0
        var errors = [RD_KAFKA_RESP_ERR_UNKNOWN]
        rd_kafka_mock_push_request_errors_array(cluster, produce, 1, &errors)
        let publisher = try SharedKafkaPublisher(.embedded(bootstrapServers: servers))
        let first = try publisher.publisher()
        rd_kafka_mock_broker_set_rtt(cluster, 1, 200)
        let failed = try await first.hand(over: (1...3).map { row($0, topic: "t") }, lane: 1, epoch: 1)
        let behind = try? await first.hand(over: [row(4, topic: "t")], lane: 1, epoch: 1)
        await #expect(throws: KafkaError.self) { try await failed.acknowledged() }
        await #expect(throws: KafkaError.self) { try await behind?.acknowledged() }
        #expect(failed.refused.isEmpty)
        rd_kafka_mock_broker_set_rtt(cluster, 1, 0)
        let again = try await publisher.publisher().hand(over: (1...4).map { row($0, topic: "t") }, lane: 1, epoch: 1)
        try await again.acknowledged()
        #expect(
            try await sequences(.cluster(bootstrapServers: servers), "t", count: 4).map(\.sequence) == [1, 2, 3, 4])
        await publisher.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a producer that can't go on is replaced, and its lanes begin again`() async throws {
        try await withBroker { kafka in
            // Only producers with idempotence, which is off for the embedded broker, can have a fatal error.
            var kafka = kafka
            kafka.isEmbedded = false
            kafka.requestSpacing = .zero
            let topic = try await makeTopic(kafka)
            let publisher = try SharedKafkaPublisher(kafka)
            try await publisher.publisher().hand(over: [row(1, topic: topic)], lane: 1, epoch: 1).acknowledged()
            rd_kafka_test_fatal_error(
                try publisher.publisher().producer.core.client.pointer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                "by the test")
            var failures = 0
            while failures < 10 {
                do {
                    try await publisher.publisher().hand(over: [row(2, topic: topic)], lane: 1, epoch: 1)
                        .acknowledged()
                    break
                } catch { failures += 1 }
            }
            // None where the client's thread saw the error before the first of these did.
            #expect(failures <= 3)
            #expect(try await sequences(kafka, topic, count: 2).map(\.sequence) == [1, 2])
            await publisher.close()
        }
    }

    /// Else the third row would be in the log before the first two, and consumers, who know a lane by its last sequence, would never take those.
    @Test(.timeLimit(.minutes(1)))
    func `a lane whose rows were lost with their producer publishes nothing behind them until it is opened anew`()
        async throws
    {
        try await withOwnBroker { broker, kafka in
            var kafka = kafka
            kafka.isEmbedded = false
            kafka.requestSpacing = .zero
            let topic = try await makeTopic(kafka)
            let publisher = try SharedKafkaPublisher(kafka)
            let lane1 = try publisher.publisher()
            let lane2 = try publisher.publisher()
            try await lane2.hand(over: [row(1, topic: topic)], lane: 2, epoch: 1).acknowledged()
            broker.suspend()
            let lost = try await lane1.hand(over: [row(1, topic: topic), row(2, topic: topic)], lane: 1, epoch: 1)
            rd_kafka_test_fatal_error(
                lane1.producer.core.client.pointer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "by the test")
            await #expect(throws: KafkaError.self) {
                try await lane2.hand(over: [row(2, topic: topic)], lane: 2, epoch: 1).acknowledged()
            }
            // The other lane is opened anew first.
            let next = try publisher.publisher()
            #expect(next !== lane2)
            let second = try await next.hand(over: [row(2, topic: topic)], lane: 2, epoch: 1)
            for _ in 0..<2 {
                await #expect(throws: KafkaError.self) {
                    _ = try await lane1.hand(over: [row(3, topic: topic)], lane: 1, epoch: 1)
                }
            }
            broker.resume()
            await #expect(throws: KafkaError.self) { try await lost.acknowledged() }
            try await second.acknowledged()
            let again = try publisher.publisher()
            try await again.hand(over: (1...3).map { row($0, topic: topic) }, lane: 1, epoch: 1).acknowledged()
            // What the first producer had sent may be there, too.
            let stamps = try await stamps(kafka, topic, until: LaneStamp(lane: 1, epoch: 1, sequence: 3))
            var taken: [Int64] = []
            for stamp in stamps where stamp.lane == 1 && stamp.sequence > taken.last ?? 0 {
                taken.append(stamp.sequence)
            }
            #expect(taken == [1, 2, 3])
            await publisher.close()
            #expect(throws: KafkaError.self) { try publisher.open() }
        }
    }

    /// A publisher that is given up lets go of whoever waits for room in its queue.
    @Test(.timeLimit(.minutes(1)))
    func `who waits for room in the queue of a producer that fails is told`() async throws {
        try await withOwnBroker { broker, kafka in
            var kafka = kafka
            kafka.isEmbedded = false
            kafka.requestSpacing = .zero
            let topic = try await makeTopic(kafka)
            let publisher = try KafkaLanePublisher(kafka, queueLimit: 10)
            try await publisher.hand(over: [row(1, topic: topic)], lane: 1, epoch: 1).acknowledged()
            broker.suspend()
            let rows = (2...50).map { row($0, topic: topic) }
            let waiting = Task { _ = try await publisher.hand(over: rows, lane: 1, epoch: 1) }
            try await eventually("a full queue") { publisher.producer.pending == 10 }
            rd_kafka_test_fatal_error(
                publisher.producer.core.client.pointer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "by the test")
            await #expect(throws: KafkaError.self) { try await waiting.value }
            broker.resume()
            await publisher.close()
        }
    }
}
