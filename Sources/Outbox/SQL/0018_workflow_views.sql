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

-- Makes a view that the mesh owns, or replaces it: `mark` begins the comment by which it is known again. One that people's own views stand on
-- isn't dropped under them: it is renamed and goes on working. Anything that isn't ours is left alone, with an error.
CREATE FUNCTION mesh.put_view(a_schema text, a_name text, what text, mark text, explanation text, definition text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    full_name constant text := format('%I.%I', a_schema, a_name);
    old regclass;
    old_mark text;
    grants aclitem[];
    aside text;
    entry record;
BEGIN
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', a_schema);
    old := to_regclass(full_name);
    IF old IS NOT NULL THEN
        old_mark := obj_description(old, 'pg_class');
        IF (SELECT c.relkind FROM pg_class c WHERE c.oid = old) <> 'v' OR NOT starts_with(coalesce(old_mark, ''), mark) THEN
            RAISE EXCEPTION '% stands where % belongs', full_name, what
                USING ERRCODE = '42P07', HINT = 'Rename it, or give the service or its namespace another name.';
        END IF;
        SELECT c.relacl INTO grants FROM pg_class c WHERE c.oid = old;
        BEGIN
            EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', full_name, definition);
        EXCEPTION WHEN invalid_table_definition OR duplicate_column OR wrong_object_type THEN
            BEGIN
                EXECUTE format('DROP VIEW %s', full_name);
            EXCEPTION WHEN dependent_objects_still_exist THEN
                aside := left(a_name, 40) || '_until_' || to_char(clock_timestamp(), 'YYYYMMDDHH24MISSUS');
                EXECUTE format('ALTER VIEW %s RENAME TO %I', full_name, aside);
                EXECUTE format('COMMENT ON VIEW %I.%I IS %L', a_schema, aside,
                    'The former columns of ' || full_name || ', kept because other views stand on them.');
                INSERT INTO mesh.fact (actor, action, subject, details) VALUES ('mesh', 'view', full_name,
                    jsonb_build_object('renamed', aside, 'because', 'other objects depend on it'));
            END;
            EXECUTE format('CREATE VIEW %s AS %s', full_name, definition);
        END;
        FOR entry IN SELECT CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE format('%I', pg_get_userbyid(g.grantee)) END AS grantee, g.privilege_type
            FROM aclexplode(grants) g WHERE g.grantee = 0 OR g.grantee IN (SELECT r.oid FROM pg_roles r) LOOP
            EXECUTE format('GRANT %s ON %s TO %s', entry.privilege_type, full_name, entry.grantee);
        END LOOP;
    ELSE
        EXECUTE format('CREATE VIEW %s AS %s', full_name, definition);
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'mesh_read') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO mesh_read', a_schema);
            EXECUTE format('GRANT SELECT ON %s TO mesh_read', full_name);
        END IF;
    END IF;
    EXECUTE format('COMMENT ON VIEW %s IS %L', full_name, mark || explanation);
END $$;
COMMENT ON FUNCTION mesh.put_view(text, text, text, text, text, text) IS 'Makes or replaces a view that the mesh owns.';

-- A field of a state as a column.
CREATE FUNCTION mesh.state_column(a_field text, a_type text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE a_type WHEN 'text' THEN format('s.data ->> %L', a_field) WHEN 'jsonb' THEN format('s.data -> %L', a_field)
        ELSE format('mesh.as_%s(s.data ->> %L)', a_type, a_field) END || format(' AS %I', a_field);
COMMENT ON FUNCTION mesh.state_column(text, text) IS 'The expression of a field of a state in a view.';

CREATE OR REPLACE FUNCTION mesh.replace_view(a_schema text, a_name text, a_service text, a_type text, columns text[], types text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM mesh.put_view(a_schema, a_name, 'the view of the state of ' || a_service, 'The state of ' || a_service || ' (',
        a_type || '), a row for each key; a value that doesn''t fit its column is null.',
        format('SELECT %s FROM mesh.state s WHERE s.service = %L', (
            SELECT string_agg(mesh.state_column(u.field, u.type), ', ' ORDER BY u.place)
            FROM unnest(columns, types) WITH ORDINALITY u(field, type, place)), a_service));
END $$;

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
