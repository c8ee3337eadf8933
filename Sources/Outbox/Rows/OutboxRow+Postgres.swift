import MeshCore
import Postgres

extension OutboxRow {
    /// What the rows of a page hold at the most, but for its last: a page is kept in memory.
    static let pageBytes = 16 << 20

    /// The columns that `init(_:)` reads, in its order.
    static let columns = "seq, topic, partition, created_at, key, id, type, source, data, headers"

    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            sequence: try row.int64(0), topic: try row.text(1), partition: try row.int32(2),
            message: Message(
                id: try row.text(5), type: try row.text(6), source: try row.text(7), time: try row.timestamp(3),
                key: try row.textIfAny(4), data: try row.bytes(8),
                extensions: HeaderText.extensions(try row.textIfAny(9))))
    }
}

extension [OutboxRow] {
    /// The columns of rows as arrays, for `insert`.
    var arrays: [PostgresValue] {
        var sequences = PostgresColumn.int64s(capacity: count)
        var partitions = PostgresColumn.int32s(capacity: count)
        var times = PostgresColumn.timestamps(capacity: count)
        var topics = PostgresColumn.texts(capacity: count)
        var keys = PostgresColumn.texts(capacity: count)
        var ids = PostgresColumn.texts(capacity: count)
        var types = PostgresColumn.texts(capacity: count)
        var sources = PostgresColumn.texts(capacity: count)
        var data = PostgresColumn.texts(capacity: count)
        var headers = PostgresColumn.texts(capacity: count)
        // In place: a copy of a row counts references to all that it holds.
        withUnsafeBufferPointer { rows in
            for index in rows.indices {
                sequences.append(rows[index].sequence)
                partitions.append(rows[index].partition)
                times.append(rows[index].message.time)
                topics.append(rows[index].topic)
                keys.append(rows[index].message.key)
                ids.append(rows[index].message.id)
                types.append(rows[index].message.type)
                sources.append(rows[index].message.source)
                data.append(rows[index].message.data)
                headers.append(HeaderText.encode(rows[index].message.extensions))
            }
        }
        return [
            sequences.value(), partitions.value(), times.value(), topics.value(), keys.value(), ids.value(),
            types.value(), sources.value(), data.value(), headers.value(),
        ]
    }
}

extension Statement {
    /// Inserts rows: the lane of each, then the arrays.
    static let insertOutbox = Statement(
        "insert outbox",
        """
        INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, key, id, type, source, data, headers)
        SELECT (SELECT r.active FROM mesh.rotation r WHERE r.name = 'outbox'), u.*
        FROM unnest($1::int8[], $2::int8[], $3::int4[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[]) u
        """)

    /// The rows of a lane above a sequence, in order.
    static let unpublished = Statement(
        "unpublished",
        """
        SELECT \(OutboxRow.columns)
        FROM (SELECT u.*, sum(octet_length(u.data)) OVER (
                ORDER BY u.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM mesh.unpublished($1::int8, $2::int8, $3::int8) u) u
        WHERE coalesce(before, 0) < $4::int8
        ORDER BY seq
        """)
}
