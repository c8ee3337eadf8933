package import Postgres

/// What the control plane shows of the mesh as it is: each as JSON, made by Postgres.
package struct MeshView: Sendable {
    private let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// The state of a key with its version; nil where there is none.
    package func state(service: String, key: String) async throws(StoreError) -> String? {
        let rows = try await database.query(MeshView.state, .text(service), .text(key))
        return try rows.firstRow { row throws(PostgresError) in try row.text(0) }
    }

    /// The processes of the mesh by their heartbeats: `{"workers": […]}`.
    package func workers() async throws(StoreError) -> String { try await text(MeshView.workers) }

    /// How far each partition is, and what waits in Postgres: `{"backlog": […], "lag": […]}`.
    package func backlog() async throws(StoreError) -> String { try await text(MeshView.backlog) }

    /// Who calls whom, as seen in messages that are still kept: `[{"from", "to"}]`.
    package func observedCalls() async throws(StoreError) -> String { try await text(MeshView.calls) }

    private func text(_ statement: Statement) async throws(StoreError) -> String {
        let rows = try await database.query(statement)
        return try rows.firstRow { row throws(PostgresError) in try row.text(0) } ?? "{}"
    }

    private static let state = Statement(
        "view state",
        """
        SELECT jsonb_build_object('service', service, 'key', key, 'version', version, 'state', data, 'updatedAt', updated_at)::text
        FROM mesh.state WHERE service = $1::text AND key = $2::text
        """)
    private static let workers = Statement(
        "view workers",
        """
        SELECT jsonb_build_object('workers', coalesce(jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'host', host, 'pid', pid,
            'pool', pool, 'startedAt', started_at, 'seenAt', seen_at, 'secondsAgo', round(extract(epoch FROM clock_timestamp() - seen_at), 1),
            'partitions', (SELECT count(*) FROM mesh.position p WHERE p.owner = w.id),
            'details', details) ORDER BY kind, id), '[]'))::text FROM mesh.worker w
        """)
    private static let backlog = Statement(
        "view backlog",
        """
        SELECT jsonb_build_object(
            'backlog', (SELECT coalesce(jsonb_agg(to_jsonb(b) ORDER BY b.what), '[]') FROM mesh.backlog b),
            'lag', (SELECT coalesce(jsonb_agg(to_jsonb(l) ORDER BY l.consumer_group, l.topic, l.partition), '[]')
                FROM (SELECT * FROM mesh.lag WHERE lag > 0 OR parked > 0 OR unpublished > 0
                    ORDER BY lag DESC NULLS LAST LIMIT 1000) l))::text
        """)
    private static let calls = Statement(
        "view calls",
        """
        SELECT coalesce(jsonb_agg(jsonb_build_object('from', c.caller, 'to', c.type) ORDER BY c.caller, c.type), '[]')::text
        FROM (\(observed)) c WHERE c.caller IS NOT NULL
        """)

    /// Who (`caller`, a service) calls what (`type`), as far as messages that are still kept tell.
    static let observed = """
        SELECT DISTINCT o.headers::jsonb ->> 'mesh_caller' AS caller, o.type
        FROM ((SELECT headers, type FROM mesh.outbox LIMIT 100000)
            UNION ALL (SELECT headers, type FROM mesh.outbox_sql LIMIT 100000)
            UNION ALL (SELECT headers, type FROM mesh.delayed_send LIMIT 100000)) o
        WHERE o.headers LIKE '%mesh_caller%' AND position('/' IN o.type) > 0
        """
}
