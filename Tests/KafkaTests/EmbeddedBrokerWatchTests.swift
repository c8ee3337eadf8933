import TestSupport
import Testing

@testable import Kafka

/// When a consumer of the embedded broker must become more patient.
@Suite struct EmbeddedBrokerWatchTests {
    private let partition = TopicPartition("t", 0)

    /// Looks once a second, with positions and ends as given; whether the last look found starvation.
    private func judge(_ looks: [(position: Int64, end: Int64)], idle: Duration = .milliseconds(900)) -> Bool {
        var now = ContinuousClock.now
        var watch = EmbeddedBrokerWatch(now: now)
        var verdict = false
        for look in looks {
            now += .seconds(1)
            watch.idle += idle
            verdict = watch.isStarving(now, [partition: .init(position: look.position, end: look.end)])
        }
        return verdict
    }

    @Test func `a consumer that keeps up is not starved, whatever comes`() {
        #expect(!judge([(10, 10), (10, 10), (10, 10)]))
        #expect(!judge([(10, 12), (12, 15), (16, 20), (21, 30)]))
    }

    @Test func `a backlog that is being read is not starvation`() {
        #expect(!judge([(0, 1_000_000), (5_000, 1_000_000), (9_000, 1_000_000)]))
    }

    @Test func `a known end that is not reached for two idle seconds is starvation`() {
        #expect(!judge([(0, 100), (0, 100)]))
        #expect(judge([(0, 100), (0, 100), (0, 100)]))
        #expect(judge([(0, 15_000), (70, 15_000), (140, 15_000)]))
    }

    @Test func `a busy thread is slow by itself, not starved`() {
        #expect(!judge([(0, 100), (0, 100), (0, 100)], idle: .milliseconds(100)))
    }

    @Test func `a partition of very many batches is read to its end`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            var single = configuration
            single.overrides["batch.num.messages"] = "1"
            let count = 15_000
            let producer = try KafkaProducer(single) { _ in }
            for value in 0..<count {
                try producer.produce(
                    OutgoingRecord(topic: topic, partition: 0, key: nil, value: Array("\(value)".utf8)))
            }
            try await producer.flush(within: .seconds(60))
            await producer.close()
            let started = ContinuousClock.now
            let records = Collector<Int64>()
            let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0.map(\.offset)) })
            reader.start(TopicPartition(topic, 0), at: .beginning)
            let offsets = try await records.wait(for: count, within: .seconds(60))
            #expect(offsets == (0..<Int64(count)).map { $0 })
            print("read \(count) batches of one record in \(ContinuousClock.now - started)")
            try await fill(configuration, topic, count: 1)
            try await records.wait(for: count + 1)
            await reader.close()
        }
    }
}
