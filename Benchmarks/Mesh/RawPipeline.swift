import Kafka
import MeshCore
import Outbox
import Postgres
import Publishing

/// Consumes records, writes a state row and an outbox row for each in batches, and produces the outbox rows: nothing else.
enum RawPipeline {
    /// About what the mesh's commits hold when it has plenty to do.
    private static let batchLimit = 460

    static func measure(_ stage: Stage) async throws -> Measurement {
        let database = try await stage.database()
        defer { database.close() }
        try await stage.makeTopics(["raw.calls", "raw.added"])
        try await stage.fill("raw.calls")
        try await prepare(database, partitions: stage.options.partitions)
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
                    queue, partition: Int32(index), database.connections[index % database.connections.count], publisher)
            }
        }
        let measurement = try await stage.measure("raw.added")
        for queue in queues { queue.close() }
        var batches = 0
        for writer in writers { batches += try await writer.value }
        note("raw: \(stage.options.records / max(1, batches)) messages per commit")
        await reader.close()
        await publisher.close()
        return measurement
    }

    /// The rows that go with a partition, as the mesh has them: its position and lane, and a watermark.
    private static func prepare(_ database: PostgresPool, partitions: Int32) async throws {
        try await database.connections[0].script(
            """
            INSERT INTO mesh.lane (id, kind, name) OVERRIDING SYSTEM VALUE
                SELECT \(firstLane) + i, 'worker', 'raw ' || i FROM generate_series(0, \(partitions - 1)) i;
            INSERT INTO mesh.position (consumer_group, topic, partition, next_offset, lane, owner)
                SELECT 'raw', 'raw.calls', i, 0, \(firstLane) + i, 'raw' FROM generate_series(0, \(partitions - 1)) i
            """)
    }

    private static let firstLane: Int64 = 1000

    private static let position = Statement(
        "raw position",
        """
        UPDATE mesh.position SET next_offset = $3::int8, log_end = $3::int8
        WHERE consumer_group = 'raw' AND topic = 'raw.calls' AND partition = $1::int4 AND next_offset = $2::int8
        """)
    private static let lane = Statement(
        "raw lane", "UPDATE mesh.lane SET next_seq = $2::int8, acked_seq = $2::int8 - 1 WHERE id = $1::int8")
    private static let watermark = Statement(
        "raw watermark",
        """
        INSERT INTO mesh.watermark (consumer_group, topic, partition, lane, epoch, seq)
        VALUES ('raw', 'raw.calls', $1::int4, 1000000, 1, $2::int8)
        ON CONFLICT (consumer_group, topic, partition, lane) DO UPDATE SET seq = excluded.seq
        """)
    private static let state = Statement(
        "raw state",
        """
        INSERT INTO mesh.state (service, key, version, data)
        SELECT 'raw', u.key, 1, u.data::jsonb FROM unnest($1::text[], $2::text[]) u(key, data)
        ON CONFLICT (service, key) DO UPDATE SET version = mesh.state.version + 1, data = excluded.data, updated_at = now()
        """)
    private static let outbox = Statement(
        "raw outbox",
        """
        INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, key, id, type, source, data, headers)
        SELECT 0, $1::int8, u.seq, u.partition, u.created_at, 'raw.added', u.key, u.id, 'bench.added', '/bench.Tally', u.data,
            '{"mesh_caller":"bench.Tally"}'
        FROM unnest($2::int8[], $3::int8[], $4::timestamptz[], $5::text[], $6::text[], $7::text[]) u(seq, partition, created_at, key, id, data)
        """)
    private static let stateData = Array("{\"name\":\"name-1234\",\"total\":\"1234.50\",\"count\":12}".utf8)
    private static let eventData = Array("{\"name\":\"name-1234\",\"total\":\"1234.50\"}".utf8)

    /// Returns how many batches it wrote.
    private static func write(
        _ batches: BatchQueue, partition: Int32, _ connection: PostgresConnection, _ publisher: KafkaLanePublisher
    ) async throws -> Int {
        let lane = firstLane + Int64(partition)
        var sequence: Int64 = 1
        var offset: Int64 = 0
        var count = 0
        while let records = await batches.next() {
            let keys = records.map { String(decoding: $0.key ?? [], as: UTF8.self) }
            let rows = keys.indices.map { index in
                OutboxRow(
                    sequence: sequence + Int64(index), topic: "raw.added", partition: records[index].partition,
                    message: Message(
                        id: MessageID.make(), type: "bench.added", source: "/bench.Tally", time: .now,
                        key: keys[index], data: eventData,
                        extensions: MessageExtensions(caller: "bench.Tally")))
            }
            sequence += Int64(rows.count)
            let next = records[records.count - 1].offset + 1
            var pipeline = Pipeline()
            pipeline.add(position, .int32(partition), .int64(offset), .int64(next))
            pipeline.add(RawPipeline.lane, .int64(lane), .int64(sequence))
            pipeline.add(watermark, .int32(partition), .int64(next))
            let distinct = Array(Set(keys))
            pipeline.add(state, .texts(distinct), .utf8s(distinct.map { _ in Optional(stateData) }))
            pipeline.add(
                outbox, .int64(lane), .int64s(rows.map(\.sequence)), .int64s(rows.map { Int64($0.partition) }),
                .timestamps(rows.map { Optional($0.message.time) }), .texts(keys), .texts(rows.map(\.message.id)),
                .utf8s(rows.map { Optional($0.message.data) }))
            _ = try await connection.submit(pipeline)
            _ = try await publisher.publish(rows, lane: lane, epoch: 1)
            offset = next
            count += 1
        }
        return count
    }
}
