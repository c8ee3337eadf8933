import Postgres

/// The statements of the partition store; the work is in the functions of `0003_partitions.sql`.
enum PartitionStatement {
    static let claim = Statement(
        "claim",
        """
        SELECT epoch, next_offset, completed, completed_lanes, completed_seqs, lane, lane_epoch, next_seq, acked_seq, next_due
        FROM mesh.claim($1::text, $2::text, $3::int4, $4::text, $5::int8)
        """)
    static let watermarks = Statement(
        "watermarks",
        "SELECT lane, epoch, seq FROM mesh.watermark WHERE consumer_group = $1::text AND topic = $2::text AND partition = $3::int4"
    )
    static let laneEpochs = Statement("lane epochs", "SELECT id, epoch FROM mesh.lane")

    static let laneGaps = Statement("lane gaps", "SELECT lane, first_seq, last_seq FROM mesh.lane_gap")
    static let laneDoubts = Statement("lane doubts", "SELECT lane, first_seq, last_seq FROM mesh.lane_doubt")
    static let lostLanes = Statement("lost lanes", "SELECT first_lane, last_lane FROM mesh.lost_lanes")

    static let knownIDs = Statement("known ids", "SELECT mesh.known_ids($1::text, $2::text[])")
    static let readState = Statement(
        "read state", "SELECT place, version, data FROM mesh.read_state($1::text[], $2::text[])")
    static let parkedCounts = Statement(
        "parked counts",
        "SELECT place, count FROM mesh.parked_counts($1::text, $2::text, $3::int4, $4::text[], $5::text[])")

    static let boundLockWaits = Statement("bound lock waits", "SELECT set_config('lock_timeout', $1::text, true)")
    static let advance = Statement(
        "advance",
        """
        SELECT mesh.advance($1::text, $2::text, $3::int4, $4::int8, $5::int8, $6::int8, $7::bytea, $8::int8[], $9::int8[],
            $10::int8, $11::int8, $12::int8, $13::int8)
        """)
    static let writeWatermarks = Statement(
        "write watermarks",
        "SELECT mesh.write_watermarks($1::text, $2::text, $3::int4, $4::int8[], $5::int8[], $6::int8[])")
    static let admit = Statement("admit", "SELECT mesh.admit($1::text, $2::text[])")
    static let writeState = Statement(
        "write state", "SELECT mesh.write_state($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[])")
    static let insertResults = Statement(
        "insert results",
        """
        INSERT INTO mesh.call_result (slot, id, status, data)
        SELECT (SELECT r.active FROM mesh.rotation r WHERE r.name = 'call_result'), u.*
        FROM unnest($1::text[], $2::text[], $3::text[]) u
        """)

    static let park = Statement(
        "park",
        """
        INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id, message_key,
            type, source, created_at, data, headers, attempts, due, error_code, error_message, digest, parked_at)
        SELECT $1::text, $2::text, $3::int4, u.record_offset, u.service, u.method, u.key, u.message_id, u.message_key, u.type,
            u.source, u.created_at, u.data, u.headers, u.attempts, u.due, u.error_code, u.error_message, u.digest,
            coalesce(u.first_run_at, now())
        FROM unnest($4::int8[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::timestamptz[], $13::text[], $14::text[], $15::int8[], $16::timestamptz[], $17::text[], $18::text[], $19::text[],
            $20::timestamptz[])
            WITH ORDINALITY u(record_offset, service, method, key, message_id, message_key, type, source, created_at, data,
                headers, attempts, due, error_code, error_message, digest, first_run_at, at)
        ORDER BY u.at RETURNING id
        """)
    static let parkAgain = Statement(
        "park again",
        """
        SELECT mesh.park_again($1::text, $2::text, $3::int4, $4::int8[], $5::int8[], $6::timestamptz[], $7::text[], $8::text[],
            $9::text[])
        """)
    static let finishParked = Statement(
        "finish parked", "SELECT mesh.finish_parked($1::text, $2::text, $3::int4, $4::int8[])")
    static let bury = Statement("bury", "\(NewDeadLetter.insert) ORDER BY u.at RETURNING id")

    static let dueParked = Statement(
        "due parked",
        """
        SELECT \(ParkedMessage.columns)
        FROM mesh.due_parked($1::text, $2::text, $3::int4, $4::timestamptz, $5::int8, $6::text[], $7::text[])
        """)
    static let nextDue = Statement("next due", "SELECT mesh.next_due($1::text, $2::text, $3::int4, $4::int8[])")
    static let followers = Statement(
        "followers",
        """
        SELECT \(ParkedMessage.columns)
        FROM mesh.parked_followers($1::text, $2::text, $3::int4, $4::text, $5::text, $6::int8, $7::int8)
        """)
}
