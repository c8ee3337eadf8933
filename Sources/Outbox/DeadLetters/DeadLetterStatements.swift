import MeshCore
import Postgres

/// The statements about dead letters.
enum DeadLetterStatement {
    private static let columns = """
        id, status, consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source, attempts, \
        error_code, error_message, error_details, digest, failed_at, resolved_at, resolved_by
        """

    /// Parsed each time it runs: a plan for all filters at once would look through everything.
    static func list(_ filter: DeadLetterFilter) -> (Statement, [PostgresValue]) {
        let (condition, values) = filter.condition
        return (
            .oneOff(
                """
                SELECT \(columns), NULL::bytea, '{}'::text FROM mesh.dead_letter
                WHERE \(condition) ORDER BY id DESC LIMIT $\(values.count + 1)::int8
                """),
            values + [.integer(min(max(filter.limit, 1), 1000))]
        )
    }
    static let show = Statement(
        "show dead letter", "SELECT \(columns), payload, headers FROM mesh.dead_letter WHERE id = $1::int8")
    static let redrive = Statement(
        "redrive",
        "SELECT mesh.redrive($1::int8, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)"
    )
    static let redriveEdited = Statement(
        "redrive edited",
        "SELECT mesh.redrive_edited($1::int8, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::timestamptz)"
    )
    static let discard = Statement(
        "discard",
        """
        WITH discarded AS (
            UPDATE mesh.dead_letter SET status = 'discarded', resolved_at = now(), resolved_by = $2::text
            WHERE id = ANY ($1::int8[]) AND status = 'open' RETURNING id),
        told AS (
            INSERT INTO mesh.fact (actor, action, subject, details)
            SELECT $2::text, 'discard', 'dead letter ' || id, jsonb_strip_nulls(jsonb_build_object('reason', $3::text))
            FROM discarded)
        SELECT id FROM discarded
        """)
    static let statuses = Statement(
        "statuses of dead letters", "SELECT id, status FROM mesh.dead_letter WHERE id = ANY ($1::int8[])")
}

extension DeadLetter {
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            id: try row.int64(0), status: Status(rawValue: try row.text(1)) ?? .open,
            place: PartitionID(group: try row.text(2), topic: try row.text(3), partition: try row.int32(4)),
            offset: try row.int64(5), service: try row.textIfAny(6), method: try row.textIfAny(7),
            key: try row.textIfAny(8), messageID: try row.textIfAny(9), type: try row.textIfAny(10),
            source: try row.textIfAny(11), attempts: try row.int(12), errorCode: try row.text(13),
            errorMessage: try row.text(14), errorDetails: try row.textIfAny(15), digest: try row.textIfAny(16),
            failedAt: try row.timestamp(17), resolvedAt: try row.timestampIfAny(18),
            resolvedBy: try row.textIfAny(19), payload: try row.bytesIfAny(20),
            headers: HeaderText.decode(try row.text(21)) ?? [])
    }
}
