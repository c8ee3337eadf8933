-- Workflows for people: a view of their steps, and a view per workflow method whose columns are the @attribute fields of the state.

-- One pass over the journal: what begins and what ends an operation have its number. A signal has none; it belongs to the first receive of
-- its name that still waits, so the nth is the nth one's that wasn't given up.
CREATE VIEW mesh.workflow_step AS
    SELECT o.service, o.id, o.run, o.op, o.seq, o.kind, o.name, o.label, o.details ->> 'role' AS role,
        CASE WHEN o.details ->> 'refused' IS NOT NULL OR o.error IS NOT NULL AND o.ended_at IS NOT NULL THEN 'failed'
            WHEN o.cancelled_at < coalesce(o.ended_at, s.at, 'infinity') AND o.details ->> 'child' IS NULL THEN 'cancelled'
            WHEN o.ended_at IS NOT NULL OR s.at IS NOT NULL OR o.is_done_at_once THEN 'done'
            WHEN w.ended_at IS NOT NULL OR w.run > o.run THEN 'dropped'
            ELSE 'open' END AS status,
        o.started_at,
        CASE WHEN o.details ->> 'refused' IS NOT NULL OR o.is_done_at_once THEN o.started_at
            WHEN o.cancelled_at < coalesce(o.ended_at, s.at, 'infinity') AND o.details ->> 'child' IS NULL THEN o.cancelled_at
            ELSE coalesce(o.ended_at, CASE WHEN s.at IS NOT NULL THEN greatest(o.started_at, s.at) END) END AS ended_at,
        o.attempts, o.due, o.key, o.request, coalesce(o.result, s.request) AS result,
        coalesce(o.error, CASE WHEN o.details ->> 'refused' IS NOT NULL THEN json_build_object('message', o.details ->> 'reason') END) AS error
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
                min(j.at) FILTER (WHERE j.kind IN ('answered', 'failed', 'fired')) AS ended_at,
                min(j.at) FILTER (WHERE j.kind = 'cancel') AS cancelled_at,
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
COMMENT ON VIEW mesh.workflow_step IS 'What workflows did and wait for: a row for each operation of each run, with what ended it.';
COMMENT ON COLUMN mesh.workflow_step.service IS 'The workflow''s service, qualified.';
COMMENT ON COLUMN mesh.workflow_step.id IS 'The workflow''s id.';
COMMENT ON COLUMN mesh.workflow_step.run IS 'The run.';
COMMENT ON COLUMN mesh.workflow_step.op IS 'The operation, from 1 in each run.';
COMMENT ON COLUMN mesh.workflow_step.seq IS 'The journal entry that began it.';
COMMENT ON COLUMN mesh.workflow_step.kind IS 'call (of another service), local (of its own), timer, receive (a signal).';
COMMENT ON COLUMN mesh.workflow_step.name IS 'The method or the signal; null for a timer.';
COMMENT ON COLUMN mesh.workflow_step.label IS 'What the author calls it, or null.';
COMMENT ON COLUMN mesh.workflow_step.role IS 'compensation, or whatever the author says it is; or null.';
COMMENT ON COLUMN mesh.workflow_step.status IS 'open, done, failed, cancelled (its code gave it up), dropped (open when the run ended).';
COMMENT ON COLUMN mesh.workflow_step.started_at IS 'When it began.';
COMMENT ON COLUMN mesh.workflow_step.ended_at IS 'When it ended; null while it is open.';
COMMENT ON COLUMN mesh.workflow_step.attempts IS 'How often it was tried.';
COMMENT ON COLUMN mesh.workflow_step.due IS 'When the timer, the deadline or the next attempt is or was due, or null.';
COMMENT ON COLUMN mesh.workflow_step.key IS 'The key of the call, or null.';
COMMENT ON COLUMN mesh.workflow_step.request IS 'The arguments.';
COMMENT ON COLUMN mesh.workflow_step.result IS 'The answer, or the signal''s data.';
COMMENT ON COLUMN mesh.workflow_step.error IS 'Why it failed, or why the last attempt did.';

-- The workflows of one method with the fields by which they are searched. The mesh's own columns have a prefix, so that no field can ever
-- take their names.
CREATE FUNCTION mesh.replace_workflow_view(a_schema text, a_name text, a_service text, a_method text, columns text[], types text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM mesh.put_view(a_schema, a_name, 'the view of the workflows of ' || a_service || '/' || a_method,
        'The workflows of ' || a_service || '/' || a_method || ',',
        ' a row each: what it is doing, and the @attribute fields of its state.',
        format('SELECT %s w.id AS workflow_id, w.status AS workflow_status, w.waiting_for AS workflow_waiting_for, '
            'w.waiting_since AS workflow_waiting_since, w.attempt AS workflow_attempt, w.run AS workflow_run, w.version AS workflow_version, '
            'w.started_at AS workflow_started_at, w.updated_at AS workflow_updated_at, w.ended_at AS workflow_ended_at, '
            'w.result AS workflow_result, w.error AS workflow_error '
            'FROM mesh.workflow w LEFT JOIN mesh.state s ON s.service = w.service AND s.key = w.id WHERE w.service = %L AND w.method = %L',
            (SELECT coalesce(string_agg(mesh.state_column(u.field, u.type) || ',', ' ' ORDER BY u.place), '')
                FROM unnest(columns, types) WITH ORDINALITY u(field, type, place)), a_service, a_method));
END $$;
COMMENT ON FUNCTION mesh.replace_workflow_view(text, text, text, text, text[], text[]) IS 'Makes or replaces the view of a workflow method.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mesh FROM PUBLIC;
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'mesh'::regnamespace AND (p.proname LIKE 'as\_%' OR p.proname = 'readable') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', f);
    END LOOP;
END $$;
SELECT mesh.grant_rights();
