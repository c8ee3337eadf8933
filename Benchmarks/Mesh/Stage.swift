import Embedded
import Foundation
import Kafka
import MeshCore
import Outbox
import Postgres

/// The broker, the database and the records of one benchmark.
struct Stage: Sendable {
    let options: Options
    let broker: EmbeddedBroker
    let postgres: EmbeddedPostgres
    let kafka: KafkaConfiguration
    let directory: String

    static func start(_ options: Options) async throws -> Stage {
        let directory =
            NSTemporaryDirectory()
            + "/mesh-benchmark-\(ProcessInfo.processInfo.processIdentifier)-\(UInt16.random(in: .min ... .max))"
        let broker = try await EmbeddedBroker.start(directory: directory + "/broker")
        let postgres = try await EmbeddedPostgres.start(directory: directory + "/postgres")
        return Stage(
            options: options, broker: broker, postgres: postgres,
            kafka: .embedded(bootstrapServers: broker.bootstrapServers), directory: directory)
    }

    func stop() async {
        await broker.stop()
        await postgres.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A database of its own, migrated, with the benchmark's partition count.
    func database(connections: Int = 4) async throws -> PostgresPool {
        let admin = try PostgresPool(PostgresConfiguration(url: postgres.url()), size: 1)
        let name = "bench_\(UInt32.random(in: .min ... .max))"
        try await admin.connections[0].script("CREATE DATABASE \(name)")
        admin.close()
        let pool = try PostgresPool(PostgresConfiguration(url: postgres.url(database: name)), size: connections)
        try await Migrations.run(pool.connections[0])
        try await pool.connections[0].script(
            "UPDATE mesh.setting SET value = '\(options.partitions)' WHERE name = 'partitions'")
        return pool
    }

    /// Further connections to the database of a pool.
    func database(like pool: PostgresPool, connections: Int) async throws -> PostgresPool {
        let rows = try await pool.query(.oneOff("SELECT current_database()::text"))
        guard let name = try rows.first.map({ try $0.text(0) }) else { return pool }
        return try PostgresPool(PostgresConfiguration(url: postgres.url(database: name)), size: connections)
    }

    /// Makes topics anew, without what an earlier run left in them.
    func makeTopics(_ names: [String]) async throws {
        let admin = try KafkaAdmin(kafka)
        _ = try await admin.deleteTopics(names)
        let failures = try await admin.createTopics(
            names.map { NewTopic($0, partitions: options.partitions, replication: 1) })
        if let failure = failures.values.first { throw failure }
        await admin.close()
    }

    /// Puts all records into `topic`.
    func fill(_ topic: String) async throws { try await fill(topic, 0..<options.records) }

    /// Puts records into `topic`: calls of `bench.Tally/add`, stamped like those of a router's lane.
    func fill(_ topic: String, _ range: Range<Int>, poisonEvery: Int? = nil) async throws {
        let producer = try KafkaProducer(
            kafka, linger: .milliseconds(5), queueLimit: range.count + 1, reports: { _ in })
        for index in range {
            let isPoison = poisonEvery.map { index % $0 == 0 } ?? false
            // Steps through all keys, however few records there are of them.
            let key = isPoison ? "poison" : "name-\(index * 2_654_435_761 % options.keys)"
            try producer.produce(record(topic, key: key, number: index, isPoison: isPoison))
        }
        try await producer.flush(within: .seconds(300))
        await producer.close()
    }

    /// A call of `bench.Tally/add`, stamped as the `number`th of a router's lane.
    func record(_ topic: String, key: String, number: Int, isPoison: Bool = false) -> OutgoingRecord {
        let plain = "a note of some length, as orders have"
        let note = isPoison ? "poison" : plain + String(repeating: ".", count: max(0, options.payload - 110))
        let message = Message(
            id: MessageID.make(), type: "bench.Tally/add", source: "/bench", time: .now, key: key,
            data: Array("{\"entry\":{\"name\":\"\(key)\",\"amount\":\"12.50\",\"note\":\"\(note)\"}}".utf8))
        return OutgoingRecord(
            topic: topic, partition: Partitioner.partition(of: key, count: options.partitions),
            key: Array(key.utf8), value: message.data,
            headers: MessageCodec.headers(
                of: message, stamp: LaneStamp(lane: 1_000_000, epoch: 1, sequence: Int64(number + 1))
            )
            .map { KafkaHeader(name: $0.name, value: $0.value) })
    }

    /// What came out of `topic` from the moment when a tenth of the records has, so that joining a group and compiling don't count.
    func measure(_ topic: String) async throws -> Measurement {
        let admin = try KafkaAdmin(kafka)
        let first = options.records / 10
        while try await count(topic, admin) < first { try await Task.sleep(for: .milliseconds(20)) }
        let began = (count: try await count(topic, admin), at: ContinuousClock.now, processor: ProcessorTime.now(self))
        note("measuring \(topic)")
        var reached = began.count
        while reached < options.records {
            // Counting costs something as well, so it is done often only near the end.
            let left = Double(options.records - reached) / Double(max(1, reached - began.count))
            let wait = (ContinuousClock.now - began.at) * (left / 3)
            try await Task.sleep(for: min(max(wait, .milliseconds(10)), .milliseconds(500)))
            reached = try await count(topic, admin)
        }
        let measurement = Measurement(
            messages: reached - began.count, seconds: (ContinuousClock.now - began.at) / .seconds(1),
            processor: ProcessorTime.now(self) - began.processor)
        await admin.close()
        return measurement
    }

    /// How many records a topic holds.
    func count(_ topic: String, _ admin: KafkaAdmin) async throws -> Int {
        var count = 0
        for partition in 0..<options.partitions {
            count += Int(try await admin.watermarks(TopicPartition(topic, partition)).high)
        }
        return count
    }
}
