import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing

/// Consumes records, writes a state row and an outbox row for each in batches, and produces the outbox rows: nothing else.
enum RawPipeline {
    /// About what the mesh's commits hold when it has plenty to do.
    private static let batchLimit = 460

    static func measure(_ stage: Stage) async throws -> Double {
        let database = try await stage.database()
        defer { database.close() }
        try await stage.makeTopics(["raw.calls", "raw.added"])
        try await stage.fill("raw.calls")
        let publisher = try KafkaLanePublisher(stage.kafka)
        // A partition's batches are written one after the other, as order demands; partitions side by side.
        let queues = (0..<stage.options.partitions).map { _ in BatchQueue(limit: batchLimit) }
        let reader = try KafkaReader(
            stage.kafka,
            records: { records in
                for (partition, batch) in Dictionary(grouping: records, by: \.partition) {
                    queues[Int(partition)].append(batch)
                }
            })
        for partition in 0..<stage.options.partitions {
            reader.start(TopicPartition("raw.calls", partition), at: .beginning)
        }
        let writers = queues.enumerated().map { index, queue in
            Task {
                try await write(
                    queue, lane: Int64(index + 1), database.connections[index % database.connections.count], publisher)
            }
        }
        let rate = try await stage.measure("raw.added")
        for queue in queues { queue.close() }
        for writer in writers { try await writer.value }
        await reader.close()
        await publisher.close()
        return rate
    }

    private static let begin = Statement("raw fence", "UPDATE mesh.setting SET value = $2::text WHERE name = $1::text")
    private static let state = Statement(
        "raw state",
        """
        INSERT INTO mesh.state (service, key, version, data)
        SELECT DISTINCT ON (u.key) 'raw', u.key, 1, u.data::jsonb FROM unnest($1::text[], $2::text[]) u(key, data) ORDER BY u.key
        ON CONFLICT (service, key) DO UPDATE SET version = mesh.state.version + 1, data = excluded.data, updated_at = now()
        """)
    private static let outbox = Statement(
        "raw outbox",
        """
        INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, key, id, type, source, data)
        SELECT 0, $1::int8, u.seq, u.partition, now(), 'raw.added', u.key, u.id, 'bench.added', '/bench', u.data
        FROM unnest($2::int8[], $3::int8[], $4::text[], $5::text[], $6::text[]) u(seq, partition, key, id, data)
        """)

    private static func write(
        _ batches: BatchQueue, lane: Int64, _ connection: PostgresConnection, _ publisher: KafkaLanePublisher
    ) async throws {
        var sequence: Int64 = 1
        let data = Array("{\"name\":\"name-1234\",\"total\":\"1234.50\",\"count\":12}".utf8)
        while let records = await batches.next() {
            let keys = records.map { String(decoding: $0.key ?? [], as: UTF8.self) }
            let rows = keys.indices.map { index in
                OutboxRow(
                    sequence: sequence + Int64(index), topic: "raw.added", partition: records[index].partition,
                    message: Message(
                        id: MessageID.make(), type: "bench.added", source: "/bench", time: .now, key: keys[index],
                        data: data))
            }
            sequence += Int64(rows.count)
            var pipeline = Pipeline()
            pipeline.add(begin, .text("raw \(lane)"), .text("\(sequence)"))
            pipeline.add(state, .texts(keys), .utf8s(keys.map { _ in Optional(data) }))
            pipeline.add(
                outbox, .int64(lane), .int64s(rows.map(\.sequence)), .int64s(rows.map { Int64($0.partition) }),
                .texts(keys), .texts(rows.map(\.message.id)), .utf8s(rows.map { Optional($0.message.data) }))
            _ = try await connection.submit(pipeline)
            _ = try await publisher.publish(rows, lane: lane, epoch: 1)
        }
    }
}
