import Postgres

/// The statements about tokens, facts and processes.
enum AdminStatement {
    static let createToken = Statement(
        "create token",
        """
        WITH made AS (INSERT INTO mesh.admin_token (name, hash) VALUES ($1::text, $2::bytea) RETURNING name)
        INSERT INTO mesh.fact (actor, action, subject) SELECT name, 'token', name FROM made
        """)
    /// Under a lock, so that of several first tokens one is made.
    static let createFirstToken = Statement(
        "create first token", "SELECT 1 FROM mesh.create_first_token($1::text, $2::bytea) m WHERE m")
    static let anyAdministrator = Statement(
        "any administrator", "SELECT 1 FROM mesh.admin_token WHERE revoked_at IS NULL AND roles IS NULL LIMIT 1")
    static let checkToken = Statement(
        "check token",
        "SELECT name FROM mesh.admin_token WHERE hash = $1::bytea AND revoked_at IS NULL AND roles IS NULL")
    static let ensureToken = Statement(
        "ensure token",
        """
        WITH made AS (
            INSERT INTO mesh.admin_token (name, hash) VALUES ($1::text, $2::bytea) ON CONFLICT (hash) DO NOTHING RETURNING name)
        INSERT INTO mesh.fact (actor, action, subject) SELECT name, 'token', name FROM made
        """)
    static let createCallerToken = Statement(
        "create caller token",
        """
        WITH made AS (
            INSERT INTO mesh.admin_token (name, hash, roles) VALUES ($1::text, $2::bytea, $3::text[]) RETURNING id),
        told AS (
            INSERT INTO mesh.fact (actor, action, subject, details)
            SELECT $4::text, 'token', $1::text, jsonb_build_object('id', id, 'roles', $3::text[]) FROM made)
        SELECT id FROM made
        """)
    /// Null roles: an administrator's.
    static let roles = Statement(
        "token roles",
        "SELECT name, roles IS NULL, coalesce(roles, '{}') FROM mesh.admin_token WHERE hash = $1::bytea AND revoked_at IS NULL"
    )
    static let tokens = Statement(
        "tokens",
        """
        SELECT id, name, roles IS NULL, coalesce(roles, '{}'), created_at, revoked_at FROM mesh.admin_token
        WHERE $1::int8 IS NULL OR id < $1 ORDER BY id DESC LIMIT $2::int8
        """)
    /// Under a lock, so that of the last two administrators' tokens one stays.
    static let revokeToken = Statement(
        "revoke token", "SELECT n FROM mesh.revoke_token($1::int8, $2::text) n WHERE n IS NOT NULL")
    /// One that is good, an administrator's: what `revokeToken` leaves is the last of them.
    static let goodAdministrator = Statement(
        "good administrator",
        "SELECT 1 FROM mesh.admin_token WHERE id = $1::int8 AND revoked_at IS NULL AND roles IS NULL")
    static let revokeTokens = Statement(
        "revoke tokens",
        """
        WITH gone AS (
            UPDATE mesh.admin_token SET revoked_at = now() WHERE name = $1::text AND revoked_at IS NULL RETURNING id, name),
        told AS (
            INSERT INTO mesh.fact (actor, action, subject, details)
            SELECT name, 'revoke token', name, jsonb_build_object('id', id) FROM gone)
        SELECT name FROM gone
        """)
    static let record = Statement(
        "record fact",
        "INSERT INTO mesh.fact (actor, action, subject, details) VALUES ($1::text, $2::text, $3::text, $4::text::jsonb)"
    )
    static let facts = Statement(
        "facts", "SELECT at, actor, action, subject, details::text FROM mesh.fact ORDER BY id DESC LIMIT $1::int8")
    /// No row when another incarnation is alive. One that was seen at a time that is yet to come isn't: the database's clock went back since, and
    /// who is alive beats again by the new one. Two seconds are what a start waits for beyond the lease.
    static let heartbeat = Statement(
        "heartbeat",
        """
        INSERT INTO mesh.worker AS w (id, kind, incarnation, host, pid, pool, details)
        VALUES ($1::text, $2::text, $3::text, $4::text, $5::int4, $6::text, $7::text::jsonb)
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, incarnation = excluded.incarnation, host = excluded.host,
            pid = excluded.pid, pool = excluded.pool, details = excluded.details, seen_at = clock_timestamp(),
            started_at = CASE WHEN w.incarnation = excluded.incarnation THEN w.started_at ELSE clock_timestamp() END
        WHERE w.incarnation = excluded.incarnation OR w.seen_at < clock_timestamp() - make_interval(secs => $8::float8)
            OR w.seen_at > clock_timestamp() + interval '2 seconds'
        RETURNING clock_timestamp()
        """)
    static let goodbye = Statement(
        "goodbye", "DELETE FROM mesh.worker WHERE id = $1::text AND incarnation = $2::text")
}
