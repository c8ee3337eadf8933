import MeshCore
import Postgres

/// The statements about calls to the outside; the work is in the functions of `0045_outside.sql` and `0047_outside_limits.sql`.
enum HTTPCallStatement {
    static let insert = Statement(
        "insert http calls",
        """
        INSERT INTO mesh.http_call (id, service, workflow, operation, call_key, request, deadline, traceparent, created_at, origin)
        SELECT id, service, workflow, operation, call_key, request::json, deadline, traceparent, created_at, origin
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::timestamptz[], $10::text[]) AS
            u(id, service, workflow, operation, call_key, request, deadline, traceparent, created_at, origin)
        """)
    static let claim = Statement(
        "claim http calls",
        """
        SELECT id, service, workflow, operation, call_key, request, deadline, traceparent, is_wanted, capabilities
        FROM mesh.claim_http_calls($1::text, $2::int8::int4, $3::float8)
        """)
    static let held = Statement("held http calls", "SELECT mesh.http_calls_held()")
    static let lapsed = Statement(
        "lapsed http calls",
        """
        SELECT id, lease_until FROM mesh.http_call WHERE owner IS NOT NULL AND mesh.is_lease_over(lease_until) ORDER BY id LIMIT $1::int8
        """)
    /// Those that are as they were when they were seen. (Egress processes of before take them by `mesh.claim_lost_http_calls`, at the first look.)
    static let claimLost = Statement(
        "claim lost http calls",
        """
        WITH chosen AS (
            SELECT c.id, c.owner FROM mesh.http_call c
                JOIN unnest($2::text[], $3::timestamptz[]) l(id, lease_until) ON l.id = c.id AND l.lease_until = c.lease_until
                WHERE c.owner IS NOT NULL ORDER BY c.id FOR UPDATE OF c SKIP LOCKED)
        UPDATE mesh.http_call c SET owner = $1::text, lease_until = clock_timestamp() + make_interval(secs => $4::float8)
            FROM chosen WHERE c.id = chosen.id
            RETURNING c.id, c.service, c.workflow, c.operation, chosen.owner
        """)
    static let renew = Statement(
        "renew http calls",
        """
        UPDATE mesh.http_call SET lease_until = clock_timestamp() + make_interval(secs => $2::float8)
        WHERE owner = $1::text AND id = ANY($3::text[])
        """)
    static let end = Statement(
        "end http call", "SELECT mesh.end_http_call($1::text, $2::text, $3::text, $4::text)")
    /// What was taken without that process hearing of it, and so was never begun.
    static let release = Statement(
        "release http calls",
        """
        UPDATE mesh.http_call SET owner = NULL, started_at = NULL, lease_until = NULL
        WHERE owner = $1::text AND id <> ALL($2::text[])
        """)
    static let forget = Statement(
        "forget http calls of workflows",
        """
        DELETE FROM mesh.http_call c USING unnest($1::text[], $2::text[], $3::int4[]) AS u(service, workflow, kept)
        WHERE c.service = u.service AND c.workflow = u.workflow AND c.owner IS NULL
            AND split_part(c.operation, '.', 2)::int4 > u.kept
        """)
}

extension Collection<NewHTTPCall> {
    /// The parameters of `insert`.
    var arrays: [PostgresValue] {
        [
            .texts(map(\.id)), .texts(map(\.workflow.service)), .texts(map(\.workflow.key)), .texts(map(\.operation)),
            .texts(map(\.key)), .utf8s(map { [UInt8]?($0.request) }), .timestamps(map(\.deadline)),
            .texts(map(\.traceparent)),
            .timestamps(map { Timestamp?($0.createdAt) }), .texts(map(\.origin)),
        ]
    }
}
