import Kafka
import MeshCore
import Synchronization

/// Records sent at an even pace, each with a key of its own, and when the event of each arrived.
enum LatencyProbe {
    private static let count = 800
    private static let pause = Duration.milliseconds(5)

    static func run(_ stage: Stage) async throws -> Distribution {
        let arrivals = Mutex<[String: ContinuousClock.Instant]>([:])
        let reader = try KafkaReader(stage.kafka) { records in
            let now = ContinuousClock.now
            arrivals.withLock { arrivals in
                for record in records { arrivals[String(decoding: record.key ?? [], as: UTF8.self)] = now }
            }
        }
        let admin = try KafkaAdmin(stage.kafka)
        for partition in 0..<stage.options.partitions {
            let place = TopicPartition("bench.added", partition)
            reader.start(place, at: .at(try await admin.watermarks(place).high))
        }
        await admin.close()
        let producer = try KafkaProducer(stage.kafka, reports: { _ in })
        var sent: [(key: String, at: ContinuousClock.Instant)] = []
        let prefix = MessageID.make().prefix(8)
        var next = ContinuousClock.now
        for index in 0..<count {
            let key = "probe-\(prefix)-\(index)"
            sent.append((key, .now))
            try producer.produce(stage.record("bench.Tally", key: key, number: stage.options.records + index))
            next += pause
            try await Task.sleep(until: next)
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while arrivals.withLock({ $0.count }) < count, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        await producer.close()
        await reader.close()
        let arrived = arrivals.withLock { $0 }
        if arrived.count < count { note("only \(arrived.count) of \(count) probes arrived") }
        // The first ones find clients that connect.
        return Distribution(
            sent.dropFirst(count / 8).compactMap { probe in
                arrived[probe.key].map { ($0 - probe.at) / .milliseconds(1) }
            })
    }
}
