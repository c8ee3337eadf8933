import MeshCore
import Postgres

/// The statements of the router's store.
enum IngressStatement {
    static let claimLane = Statement(
        "claim router lane",
        """
        SELECT id, epoch, next_seq, acked_seq, lease_epoch FROM mesh.claim_router_lane($1::text, $2::float8, $3::bool)
        """)
    static let renewLane = Statement(
        "renew lane", "SELECT mesh.renew_lane($1::int8, $2::int8, $3::int8, $4::float8)")
    /// Waits for a transaction of ours that still holds the row; a statement of ours that comes later finds another epoch.
    static let abandonLane = Statement(
        "abandon lane",
        """
        UPDATE mesh.lane SET lease_epoch = lease_epoch + 1, owner = NULL, lease_until = NULL WHERE id = $1::int8 AND lease_epoch = $2::int8
        RETURNING id
        """)
    static let nextSequence = Statement("next sequence", "SELECT next_seq FROM mesh.lane WHERE id = $1::int8")
    static let checkLease = Statement("check lease", "SELECT mesh.check_lease($1::int8, $2::int8)")
    static let accept = Statement(
        "accept",
        """
        SELECT place, call_id, same_body FROM mesh.accept($1::int8, $2::int8, $3::int8, $4::int8, $5::text[], $6::int4[],
            $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::text[], $14::bool[],
            $15::text[], $16::text[], $17::bytea[], $18::timestamptz[])
        """)
    /// As `PartitionStatement.bury`, but not twice: an owner of a lane that couldn't learn whether it was done, or ended before it stored
    /// the lane's acknowledgement, publishes the row again, which is refused again.
    static let buryOnce = Statement(
        "bury once",
        """
        \(NewDeadLetter.insert)
        WHERE NOT EXISTS (
            SELECT FROM mesh.dead_letter d
            WHERE d.status = 'open' AND d.service = u.service AND d.consumer_group = $1::text AND d.topic = $2::text
                AND d.message_id = u.message_id)
        """)
    static let leaseReplies = Statement(
        "lease replies", "SELECT partition, epoch FROM mesh.lease_replies($1::text, $2::int4, $3::float8)")
    static let renewReplies = Statement("renew replies", "SELECT mesh.renew_replies($1::int4, $2::int8, $3::float8)")
    static let results = Statement("results", "SELECT id, status, data, at FROM mesh.call_results($1::text[])")

    /// The parameters of `accept` from the fifth on. Without any idempotency key their arrays are empty, and so is that of times; the function skips that part.
    static func arrays(_ messages: [IngressMessage], _ rows: [OutboxRow]) -> [PostgresValue] {
        var values: [PostgresValue] = []
        values.append(.texts(rows.map(\.topic)))
        values.append(.int32s(rows.map { Int32?($0.partition) }))
        values.append(.texts(rows.map(\.message.key)))
        values.append(.texts(rows.map(\.message.id)))
        values.append(.texts(rows.map(\.message.type)))
        values.append(.texts(rows.map(\.message.source)))
        values.append(.timestamps(rows.map { Timestamp?($0.message.time) }))
        values.append(.utf8s(rows.map { [UInt8]?($0.message.data) }))
        values.append(.texts(rows.map { HeaderText.encode($0.message.extensions) }))
        values.append(.bools(rows.map { Bool?($0.message.extensions.keepsResult) }))
        let keyed = messages.contains { $0.idempotency != nil } ? messages : []
        values.append(.texts(keyed.map { $0.idempotency?.scope }))
        values.append(.texts(keyed.map { $0.idempotency?.key }))
        values.append(.bytesArray(keyed.map { $0.idempotency?.bodyHash }))
        let dues = rows.map(\.message.extensions.due)
        values.append(.timestamps(dues.contains { $0 != nil } ? dues : []))
        return values
    }
}
