import MeshCore
import Postgres

extension AdminStore {
    /// The limits of calls to the outside, in the order of their origins; at most 10,000.
    package func outsideLimits() async throws(StoreError) -> [OutsideLimitRecord] {
        let rows = try await database.query(OutsideLimitStatement.list)
        return try rows.readRows { row throws(PostgresError) in
            var rate: CallRate?
            if let calls = try row.int64IfAny(1),
                let period = try row.int64IfAny(2).flatMap({ CallRate.Period(rawValue: Int($0)) })
            {
                rate = CallRate(calls: Int(calls), period: period)
            }
            return OutsideLimitRecord(
                limit: OutsideLimit(
                    origin: try row.text(0), rate: rate, concurrency: try row.int64IfAny(3).map(Int.init)),
                waiting: try row.int(4), underWay: try row.int(5), setBy: try row.text(6), setAt: try row.timestamp(7))
        }
    }

    /// Sets the limit of an origin, in place of one that is there.
    package func set(_ limit: OutsideLimit, by actor: String) async throws(StoreError) {
        try await database.query(
            OutsideLimitStatement.set, .text(limit.origin), .int64(orNull: limit.rate.map { Int64($0.calls) }),
            .int64(orNull: limit.rate.map { Int64($0.period.rawValue) }),
            .int64(orNull: limit.concurrency.map(Int64.init)), .text(actor))
    }

    /// Takes the limit of an origin away; false where there is none.
    package func removeOutsideLimit(of origin: String, by actor: String) async throws(StoreError) -> Bool {
        try await !database.query(OutsideLimitStatement.remove, .text(origin), .text(actor)).isEmpty
    }
}

/// The statements about limits; each that changes something leaves a fact.
private enum OutsideLimitStatement {
    static let list = Statement(
        "outside limits",
        """
        SELECT l.origin, l.calls::int8, l.period_seconds::int8, l.concurrency::int8,
            (SELECT count(*) FROM mesh.http_call c WHERE c.origin = l.origin AND c.owner IS NULL),
            (SELECT count(*) FROM mesh.http_call c WHERE c.origin = l.origin AND c.owner IS NOT NULL), l.set_by, l.set_at
        FROM mesh.outside_limit l ORDER BY l.origin LIMIT 10000
        """)
    static let set = Statement(
        "set outside limit",
        """
        WITH made AS (
            INSERT INTO mesh.outside_limit (origin, calls, period_seconds, concurrency, set_by)
            VALUES ($1::text, $2::int8::int4, $3::int8::int4, $4::int8::int4, $5::text)
            ON CONFLICT (origin) DO UPDATE SET calls = excluded.calls, period_seconds = excluded.period_seconds,
                concurrency = excluded.concurrency, set_by = excluded.set_by, set_at = clock_timestamp()
            RETURNING *)
        INSERT INTO mesh.fact (actor, action, subject, details)
        SELECT set_by, 'set limit', origin, jsonb_strip_nulls(jsonb_build_object(
            'calls', calls, 'period_seconds', period_seconds, 'concurrency', concurrency)) FROM made
        """)
    static let remove = Statement(
        "remove outside limit",
        """
        WITH gone AS (DELETE FROM mesh.outside_limit WHERE origin = $1::text RETURNING origin),
        told AS (INSERT INTO mesh.fact (actor, action, subject) SELECT $2::text, 'remove limit', origin FROM gone)
        SELECT 1 FROM gone
        """)
}
