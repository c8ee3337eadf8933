import MeshCore
import Postgres

/// What the control plane asks about workflows; nothing is written here but by the owners of partitions.
enum WorkflowAdminStatement {
    static let list = Statement(
        "list workflows",
        """
        SELECT \(WorkflowRow.columns("w")) FROM mesh.workflow w
        WHERE ($1::text IS NULL OR w.service = $1) AND ($2::text IS NULL OR w.method = $2)
            AND (cardinality($3::text[]) = 0 OR w.status = ANY ($3))
            AND ($4::text IS NULL OR strpos(lower(w.waiting_for), lower($4)) > 0)
            AND ($5::timestamptz IS NULL OR w.waiting_since <= $5) AND ($6::timestamptz IS NULL OR w.started_at >= $6)
            AND ($7::text IS NULL OR starts_with(w.id, $7)) AND ($8::text IS NULL OR starts_with(w.digest, $8))
            AND ($9::text IS NULL OR (w.parent_service = $9 AND w.parent_id = $10::text))
            AND ($11::timestamptz IS NULL OR (w.started_at <= $11 AND (w.started_at, w.service, w.id) < ($11, $12::text, $13::text)))
        ORDER BY w.started_at DESC, w.service DESC, w.id DESC LIMIT $14::int8
        """)
    static let show = Statement(
        "show workflow",
        "SELECT \(WorkflowRow.columns("w")) FROM mesh.workflow w WHERE w.service = $1::text AND w.id = $2::text")
    /// `at`: an id that is used again after its workflow was forgotten may meet entries of that one.
    static let journal = Statement(
        "show journal",
        """
        SELECT \(JournalEntry.columns("j")) FROM mesh.workflow w
        JOIN mesh.journal j ON j.service = w.service AND j.id = w.id AND j.run = coalesce($3::int4, w.run)
        WHERE w.service = $1::text AND w.id = $2::text AND j.seq > $4::int8 AND j.at >= w.started_at
        ORDER BY j.seq LIMIT $5::int8
        """)
    static let timers = Statement(
        "show timers",
        """
        SELECT t.id, t.run, t.op, t.attempt, t.kind, t.due FROM mesh.timer t
        WHERE t.service = $1::text AND t.partition = $2::int4 AND t.id = $3::text ORDER BY t.due LIMIT $4::int8
        """)
    static let counts = Statement(
        "count workflows",
        """
        SELECT w.service, w.method, w.status, count(*), min(w.started_at) FROM mesh.workflow w
        WHERE ($1::text IS NULL OR w.service = $1) GROUP BY w.service, w.method, w.status ORDER BY w.service, w.method, w.status
        """)
    /// The open ones by an index of their own, so many at most.
    static let openCounts = Statement(
        "count running and stuck workflows",
        """
        SELECT (SELECT count(*) FROM (SELECT FROM mesh.workflow w WHERE w.status IN ('running', 'stuck') LIMIT $1::int8) r),
            (SELECT count(*) FROM (SELECT FROM mesh.workflow w WHERE w.status = 'stuck' LIMIT $1::int8) s)
        """)
    static let openCount = Statement(
        "count open workflows",
        """
        SELECT count(*) FROM mesh.workflow w
        WHERE w.service = $1::text AND w.status IN ('running', 'stuck') AND w.digest <> $2::text
        """)
    static let open = Statement(
        "open workflows",
        """
        SELECT w.id, w.next_seq FROM mesh.workflow w
        WHERE w.service = $1::text AND w.status IN ('running', 'stuck') AND w.digest <> $2::text AND w.id > $3::text
        ORDER BY w.id LIMIT $4::int8
        """)
    /// Some of them, without a pattern, the same at each try.
    static let someOpen = Statement(
        "some open workflows",
        """
        SELECT w.id, w.next_seq FROM mesh.workflow w
        WHERE w.service = $1::text AND w.status IN ('running', 'stuck') AND w.digest <> $2::text
        ORDER BY md5(w.id), w.id LIMIT $3::int8
        """)
    static let schedules = Statement(
        "list schedules",
        """
        SELECT \(ScheduleRow.columns("s")), mesh.is_call_open(s, w)
        FROM mesh.schedule s LEFT JOIN mesh.workflow w ON w.service = s.service AND w.id = s.last_id
        WHERE ($1::text IS NULL OR s.service = $1) ORDER BY s.service, s.method
        """)
}
