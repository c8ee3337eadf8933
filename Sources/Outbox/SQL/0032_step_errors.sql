-- A step that was tried again and then answered is done: its former attempts' errors aren't its own. The view is replaced as a whole; what differs from
-- migration 30 is `is_failed` and `is_answered`.
CREATE OR REPLACE VIEW mesh.workflow_step AS
    SELECT o.service, o.id, o.run, o.op, o.seq, o.kind, o.name, o.label, o.details ->> 'role' AS role,
        CASE WHEN o.details ->> 'refused' IS NOT NULL OR o.is_failed THEN 'failed'
            WHEN o.cancelled_at < coalesce(o.ended_at, s.at, 'infinity') AND o.details ->> 'child' IS NULL THEN 'cancelled'
            WHEN o.ended_at IS NOT NULL OR s.at IS NOT NULL OR o.is_done_at_once THEN 'done'
            WHEN w.ended_at IS NOT NULL OR w.run > o.run THEN 'dropped'
            ELSE 'open' END AS status,
        o.started_at,
        CASE WHEN o.details ->> 'refused' IS NOT NULL OR o.is_done_at_once THEN o.started_at
            WHEN o.cancelled_at < coalesce(o.ended_at, s.at, 'infinity') AND o.details ->> 'child' IS NULL THEN o.cancelled_at
            ELSE coalesce(o.ended_at, CASE WHEN s.at IS NOT NULL THEN greatest(o.started_at, s.at) END) END AS ended_at,
        o.attempts, o.due, o.key, o.request, coalesce(o.result, s.request) AS result,
        coalesce(CASE WHEN NOT o.is_answered THEN o.error END, CASE WHEN o.details ->> 'refused' IS NOT NULL THEN json_build_object('message', o.details ->> 'reason') END) AS error
    FROM (
        SELECT n.*, row_number() OVER (PARTITION BY n.service, n.id, n.run, n.name, n.kind, n.cancelled_at IS NULL ORDER BY n.op) AS place
        FROM (
            SELECT j.service, j.id, j.run, j.op,
                min(j.seq) FILTER (WHERE j.kind IN ('call', 'local', 'timer', 'receive')) AS seq,
                min(j.kind) FILTER (WHERE j.kind IN ('call', 'local', 'timer', 'receive')) AS kind,
                min(j.name) FILTER (WHERE j.kind IN ('call', 'local', 'timer', 'receive')) AS name,
                min(j.label) FILTER (WHERE j.kind IN ('call', 'local', 'timer', 'receive')) AS label,
                min(j.key) FILTER (WHERE j.kind IN ('call', 'local', 'timer', 'receive')) AS key,
                min(j.at) FILTER (WHERE j.kind IN ('call', 'local', 'timer', 'receive')) AS started_at,
                (array_agg(j.request) FILTER (WHERE j.kind IN ('call', 'local', 'timer')))[1] AS request,
                (array_agg(j.details) FILTER (WHERE j.kind IN ('call', 'local', 'timer', 'receive')))[1] AS details,
                bool_or(j.kind = 'local' AND j.result IS NOT NULL OR j.kind = 'call' AND j.details ->> 'detached' = 'true') AS is_done_at_once,
                coalesce(min(j.at) FILTER (WHERE j.kind IN ('answered', 'failed')),
                    CASE WHEN bool_or(j.kind = 'timer') THEN min(j.at) FILTER (WHERE j.kind = 'fired') END) AS ended_at,
                min(j.at) FILTER (WHERE j.kind = 'cancel') AS cancelled_at,
                bool_or(j.kind = 'failed') AS is_failed,
                bool_or(j.kind = 'answered') AS is_answered,
                (array_agg(j.result ORDER BY j.seq) FILTER (WHERE j.kind IN ('answered', 'local') AND j.result IS NOT NULL))[1] AS result,
                (array_agg(j.result ORDER BY j.seq DESC) FILTER (WHERE j.kind IN ('failed', 'retried')))[1] AS error,
                1 + count(*) FILTER (WHERE j.kind = 'retried') AS attempts,
                (array_agg(j.due ORDER BY j.seq DESC) FILTER (WHERE j.due IS NOT NULL))[1] AS due
            FROM mesh.journal j WHERE j.op > 0 GROUP BY j.service, j.id, j.run, j.op
        ) n WHERE n.kind IS NOT NULL
    ) o
    LEFT JOIN (
        SELECT j.service, j.id, j.run, j.name, j.at, j.request,
            row_number() OVER (PARTITION BY j.service, j.id, j.run, j.name ORDER BY j.seq) AS place
        FROM mesh.journal j WHERE j.kind = 'signal'
    ) s ON o.kind = 'receive' AND o.cancelled_at IS NULL AND s.service = o.service AND s.id = o.id AND s.run = o.run AND s.name = o.name
        AND s.place = o.place
    LEFT JOIN mesh.workflow w ON w.service = o.service AND w.id = o.id;

COMMENT ON COLUMN mesh.fact.action IS 'What: deploy, undeploy, view, redrive, discard, token, revoke token; of a workflow cancel, terminate, retry, reset, upgrade; of a schedule pause, resume, trigger; of the broker reset; of the database restore.';
