import Kafka
import TestSupport
import Testing

/// Prints how fast the client is here; asserts only what must hold at any speed.
@Suite(.serialized) struct SpeedTests {
    @Test func `a hundred thousand records with headers go through complete and in order`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let headers = [
                "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "content-type", "mesh_lane", "mesh_seq",
            ].map { KafkaHeader($0, "0123456789abcdef") }
            let count = 100_000
            let records = Collector<Int64>()
            let reader = try KafkaReader(configuration, records: { records.append(contentsOf: $0.map(\.offset)) })
            reader.start(TopicPartition(topic, 0), at: .beginning)
            let producer = try KafkaProducer(configuration) { _ in }
            let started = ContinuousClock.now
            var value = 0
            while value < count {
                let batch = (value..<min(value + 500, count)).map { value in
                    (
                        tag: UInt64(value),
                        record: OutgoingRecord(
                            topic: topic, partition: 0, key: Array("key \(value % 100)".utf8),
                            value: [UInt8](repeating: 42, count: 200), headers: headers)
                    )
                }
                let accepted = producer.produceBatch(batch).accepted
                value += accepted
                if accepted < batch.count { await Task.yield() }
            }
            try await producer.flush(within: .seconds(60))
            let produced = ContinuousClock.now - started
            let offsets = try await records.wait(for: count, within: .seconds(60))
            let consumed = ContinuousClock.now - started
            #expect(offsets == (0..<Int64(count)).map { $0 })
            print("produced \(count) records in \(produced), consumed after \(consumed)")
            await producer.close()
            await reader.close()
        }
    }

    @Test func `one record at a time arrives, and its latency is told`() async throws {
        try await withBroker { configuration in
            let topic = try await makeTopic(configuration)
            let (arrivals, arrival) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
            let reader = try KafkaReader(configuration, records: { for _ in $0 { arrival.yield(.now) } })
            reader.start(TopicPartition(topic, 0), at: .beginning)
            let producer = try KafkaProducer(configuration) { _ in }
            var latencies: [Duration] = []
            var iterator = arrivals.makeAsyncIterator()
            for _ in 0..<300 {
                let sent = ContinuousClock.now
                try producer.produce(OutgoingRecord(topic: topic, partition: 0, key: nil, value: [1]))
                if let arrived = await iterator.next() { latencies.append(arrived - sent) }
            }
            #expect(latencies.count == 300)
            latencies.sort()
            print("produce to consume: p50 \(latencies[150]), p99 \(latencies[297])")
            await producer.close()
            await reader.close()
        }
    }
}
