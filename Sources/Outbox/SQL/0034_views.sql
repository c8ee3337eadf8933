-- What deploys do to views that people read, and what these views and mesh.emit showed or took that isn't so.

-- Makes a view that the mesh owns, or replaces it: `mark` begins the comment by which it is known again. One that people's own views stand on
-- isn't dropped under them: it is renamed and goes on working. Anything that isn't ours is left alone, with an error. What differs from migration 8:
-- a view that stays as it is isn't replaced, since that waits for everybody who reads it and holds up whoever comes meanwhile; and where it must
-- be, that wait is a short one.
CREATE OR REPLACE FUNCTION mesh.put_view(a_schema text, a_name text, what text, mark text, explanation text, definition text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    full_name constant text := format('%I.%I', a_schema, a_name);
    suffix constant text := to_char(clock_timestamp(), 'YYYYMMDDHH24MISSUS');
    wanted constant text := format('%I.%I', a_schema, left(a_name, 40) || '_wanted_' || suffix);
    aside constant text := left(a_name, 40) || '_until_' || suffix;
    old regclass;
    is_same boolean;
    grants aclitem[];
    entry record;
BEGIN
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', a_schema);
    old := to_regclass(full_name);
    IF old IS NOT NULL THEN
        IF (SELECT c.relkind FROM pg_class c WHERE c.oid = old) <> 'v' OR NOT starts_with(coalesce(obj_description(old, 'pg_class'), ''), mark) THEN
            RAISE EXCEPTION '% stands where % belongs', full_name, what
                USING ERRCODE = '42P07', HINT = 'Rename it, or give the service or its namespace another name.';
        END IF;
        -- Only Postgres can say whether two definitions are one: it is asked by making a view that nobody else ever sees.
        EXECUTE format('CREATE VIEW %s AS %s', wanted, definition);
        is_same := pg_get_viewdef(wanted::regclass) = pg_get_viewdef(old);
        EXECUTE format('DROP VIEW %s', wanted);
        IF NOT is_same THEN
            SELECT c.relacl INTO grants FROM pg_class c WHERE c.oid = old;
            BEGIN
                EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', full_name, definition);
            EXCEPTION WHEN invalid_table_definition OR duplicate_column OR wrong_object_type THEN
                BEGIN
                    EXECUTE format('DROP VIEW %s', full_name);
                EXCEPTION WHEN dependent_objects_still_exist THEN
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
        END IF;
    ELSE
        EXECUTE format('CREATE VIEW %s AS %s', full_name, definition);
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'mesh_read') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO mesh_read', a_schema);
            EXECUTE format('GRANT SELECT ON %s TO mesh_read', full_name);
        END IF;
    END IF;
    EXECUTE format('COMMENT ON VIEW %s IS %L', full_name, mark || explanation);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'the columns of % change, and a transaction that has read it was still open after 2 s; nothing was deployed, deploy again when that has ended', full_name
        USING ERRCODE = '55P03', HINT = 'pg_locks and pg_stat_activity show whose it is.';
END $$;

-- The topic of an event, and where its key stands: a handler's key is that of its own state, which says nothing about the event's.
CREATE OR REPLACE FUNCTION mesh.event_route(event text, OUT topic text, OUT key_path text[])
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT r.topic, CASE WHEN r.kind = 'emitter' THEN r.key_path END INTO event_route.topic, event_route.key_path FROM mesh.route r
        WHERE r.kind IN ('emitter', 'handler') AND r.name = event_route.event ORDER BY r.kind LIMIT 1;
    IF event_route.topic IS NULL THEN
        RAISE EXCEPTION 'no deployed service declares or handles the event "%"', event_route.event
            USING ERRCODE = '42704', HINT = coalesce('Known events: ' || (
                SELECT string_agg(k.name, ', ') FROM (
                    SELECT DISTINCT r.name FROM mesh.route r WHERE r.kind IN ('emitter', 'handler') ORDER BY 1 LIMIT 20) k) || '.',
                'No event is known yet. Deploy a service that declares it.');
    END IF;
END $$;

-- PostgreSQL reads ISO 8601 without a sign before it.
CREATE OR REPLACE FUNCTION mesh.as_interval(value text) RETURNS interval LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN starts_with(value, '-P') THEN -(substr(value, 2)::interval) ELSE value::interval END;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- An id may have belonged to a workflow that is forgotten and whose entries are yet to be swept: only those since the start of the one that is there
-- are its own, as for the worker that reads its journal. Else the two views are those of migrations 32 and 23.
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
            FROM mesh.journal j JOIN mesh.workflow h ON h.service = j.service AND h.id = j.id AND j.at >= h.started_at
            WHERE j.op > 0 GROUP BY j.service, j.id, j.run, j.op
        ) n WHERE n.kind IS NOT NULL
    ) o
    LEFT JOIN (
        SELECT j.service, j.id, j.run, j.name, j.at, j.request,
            row_number() OVER (PARTITION BY j.service, j.id, j.run, j.name ORDER BY j.seq) AS place
        FROM mesh.journal j JOIN mesh.workflow h ON h.service = j.service AND h.id = j.id AND j.at >= h.started_at
        WHERE j.kind = 'signal'
    ) s ON o.kind = 'receive' AND o.cancelled_at IS NULL AND s.service = o.service AND s.id = o.id AND s.run = o.run AND s.name = o.name
        AND s.place = o.place
    JOIN mesh.workflow w ON w.service = o.service AND w.id = o.id;

CREATE OR REPLACE VIEW mesh.signal AS
    SELECT s.service, s.id, s.run, s.seq, s.name, s.request AS data, s.at AS received_at, r.op AS taken_by
    FROM (
        SELECT j.service, j.id, j.run, j.seq, j.name, j.request, j.at,
            row_number() OVER (PARTITION BY j.service, j.id, j.run, j.name ORDER BY j.seq) AS place
        FROM mesh.journal j JOIN mesh.workflow h ON h.service = j.service AND h.id = j.id AND j.at >= h.started_at
        WHERE j.kind = 'signal'
    ) s
    LEFT JOIN (
        SELECT n.service, n.id, n.run, n.name, n.op,
            row_number() OVER (PARTITION BY n.service, n.id, n.run, n.name ORDER BY n.op) AS place
        FROM (
            SELECT j.service, j.id, j.run, j.op, min(j.name) FILTER (WHERE j.kind = 'receive') AS name, bool_or(j.kind = 'receive') AS is_receive,
                bool_or(j.kind = 'cancel') AS is_cancelled
            FROM mesh.journal j JOIN mesh.workflow h ON h.service = j.service AND h.id = j.id AND j.at >= h.started_at
            WHERE j.op > 0 AND j.kind IN ('receive', 'cancel') GROUP BY j.service, j.id, j.run, j.op
        ) n WHERE n.is_receive AND NOT n.is_cancelled
    ) r ON r.service = s.service AND r.id = s.id AND r.run = s.run AND r.name = s.name AND r.place = s.place;
