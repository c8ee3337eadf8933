import MeshCore
import Postgres

/// The statements about calls to the outside; the work is in the functions of `0045_outside.sql`.
enum HTTPCallStatement {
    static let insert = Statement(
        "insert http calls",
        """
        INSERT INTO mesh.http_call (id, service, workflow, operation, request, deadline, traceparent, created_at)
        SELECT id, service, workflow, operation, request::json, deadline, traceparent, created_at
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::timestamptz[]) AS
            u(id, service, workflow, operation, request, deadline, traceparent, created_at)
        """)
    static let claim = Statement(
        "claim http calls",
        """
        SELECT id, service, workflow, operation, request, deadline, traceparent, is_wanted, capabilities
        FROM mesh.claim_http_calls($1::text, $2::int8::int4, $3::float8)
        """)
    static let claimLost = Statement(
        "claim lost http calls",
        """
        SELECT id, service, workflow, operation, former_owner FROM mesh.claim_lost_http_calls($1::text, $2::int8::int4, $3::float8)
        """)
    static let renew = Statement(
        "renew http calls",
        """
        UPDATE mesh.http_call SET lease_until = clock_timestamp() + make_interval(secs => $2::float8) WHERE owner = $1::text
        """)
    static let end = Statement(
        "end http call", "SELECT mesh.end_http_call($1::text, $2::text, $3::text, $4::text)")
    static let release = Statement(
        "release http calls",
        """
        UPDATE mesh.http_call SET owner = NULL, started_at = NULL, lease_until = NULL
        WHERE id = ANY($1::text[]) AND owner = $2::text
        """)
}

extension Collection<NewHTTPCall> {
    /// The parameters of `insert`.
    var arrays: [PostgresValue] {
        [
            .texts(map(\.id)), .texts(map(\.workflow.service)), .texts(map(\.workflow.key)), .texts(map(\.operation)),
            .utf8s(map { [UInt8]?($0.request) }), .timestamps(map(\.deadline)), .texts(map(\.traceparent)),
            .timestamps(map { Timestamp?($0.createdAt) }),
        ]
    }
}
