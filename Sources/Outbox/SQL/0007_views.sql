-- What people look at, and who may.

CREATE FUNCTION mesh.readable(bytes bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN convert_from(bytes, 'UTF8');
EXCEPTION WHEN data_exception THEN
    RETURN encode(bytes, 'escape');
END $$;
COMMENT ON FUNCTION mesh.readable(bytea) IS 'Bytes as text where they are UTF-8, else with escapes.';

CREATE VIEW mesh.lag AS
    SELECT p.consumer_group, p.topic, p.partition, p.owner, p.next_offset, p.log_end,
        greatest(p.log_end - p.next_offset, 0) AS lag,
        (SELECT count(*) FROM mesh.parked k WHERE k.consumer_group = p.consumer_group AND k.topic = p.topic AND k.partition = p.partition) AS parked,
        (SELECT min(k.due) FROM mesh.parked k WHERE k.consumer_group = p.consumer_group AND k.topic = p.topic AND k.partition = p.partition) AS next_due,
        greatest(l.next_seq - 1 - l.acked_seq, 0) AS unpublished
    FROM mesh.position p JOIN mesh.lane l ON l.id = p.lane;
COMMENT ON VIEW mesh.lag IS 'Is it keeping up: what waits in each partition.';
COMMENT ON COLUMN mesh.lag.consumer_group IS 'The consumer group.';
COMMENT ON COLUMN mesh.lag.topic IS 'The topic.';
COMMENT ON COLUMN mesh.lag.partition IS 'The partition.';
COMMENT ON COLUMN mesh.lag.owner IS 'Who owns it.';
COMMENT ON COLUMN mesh.lag.next_offset IS 'The lowest offset that isn''t done.';
COMMENT ON COLUMN mesh.lag.log_end IS 'The end of the log as the owner last saw it; null before that.';
COMMENT ON COLUMN mesh.lag.lag IS 'Records that aren''t done.';
COMMENT ON COLUMN mesh.lag.parked IS 'Executions that wait for another attempt, or behind one.';
COMMENT ON COLUMN mesh.lag.next_due IS 'When the next of them is tried.';
COMMENT ON COLUMN mesh.lag.unpublished IS 'Messages it has sent that aren''t known to be in the log.';

CREATE VIEW mesh.backlog AS
    SELECT l.kind || ' lanes' AS what, sum(greatest(l.next_seq - 1 - l.acked_seq, 0))::bigint AS messages
    FROM mesh.lane l WHERE l.kind IN ('worker', 'router') GROUP BY l.kind
    UNION ALL
    SELECT 'sql lane', (
        SELECT count(*) FROM mesh.outbox_sql o LEFT JOIN (SELECT t.upto FROM mesh.relay_tick t ORDER BY t.tick DESC LIMIT 1) k ON true
        WHERE k.upto IS NULL OR NOT pg_visible_in_snapshot(o.xid, k.upto))
    UNION ALL SELECT 'parked', (SELECT count(*) FROM mesh.parked)
    UNION ALL SELECT 'dead letters', (SELECT count(*) FROM mesh.dead_letter d WHERE d.status = 'open');
COMMENT ON VIEW mesh.backlog IS 'Is it keeping up: what waits in Postgres, a row for each kind.';
COMMENT ON COLUMN mesh.backlog.what IS 'What waits: worker lanes, router lanes, sql lane (to be published), parked, dead letters (open).';
COMMENT ON COLUMN mesh.backlog.messages IS 'How many.';

CREATE VIEW mesh.dead_letters AS
    SELECT d.id, d.failed_at, d.service, d.method, d.key, d.message_id, d.attempts, d.error_code, d.error_message,
        mesh.readable(d.payload) AS payload, d.topic, d.partition, d.record_offset
    FROM mesh.dead_letter d WHERE d.status = 'open';
COMMENT ON VIEW mesh.dead_letters IS 'The open dead letters, readable.';
COMMENT ON COLUMN mesh.dead_letters.id IS 'Names it for show, redrive, discard.';
COMMENT ON COLUMN mesh.dead_letters.failed_at IS 'When it was given up.';
COMMENT ON COLUMN mesh.dead_letters.service IS 'The handling service.';
COMMENT ON COLUMN mesh.dead_letters.method IS 'The handling method.';
COMMENT ON COLUMN mesh.dead_letters.key IS 'The record''s key.';
COMMENT ON COLUMN mesh.dead_letters.message_id IS 'The message''s id (ce_id).';
COMMENT ON COLUMN mesh.dead_letters.attempts IS 'How many attempts were made.';
COMMENT ON COLUMN mesh.dead_letters.error_code IS 'The code of the cause.';
COMMENT ON COLUMN mesh.dead_letters.error_message IS 'The cause.';
COMMENT ON COLUMN mesh.dead_letters.payload IS 'The record''s value.';
COMMENT ON COLUMN mesh.dead_letters.topic IS 'The topic of the record.';
COMMENT ON COLUMN mesh.dead_letters.partition IS 'Its partition.';
COMMENT ON COLUMN mesh.dead_letters.record_offset IS 'Its offset.';

-- JSON values as SQL types, for the views of states: what doesn't fit is null, so that one odd row doesn't hide the others.
CREATE FUNCTION mesh.as_bigint(value text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN value::bigint; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_bigint(text) IS 'Text as bigint; null where it isn''t one.';
CREATE FUNCTION mesh.as_integer(value text) RETURNS integer LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN value::integer; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_integer(text) IS 'Text as integer; null where it isn''t one.';
CREATE FUNCTION mesh.as_double(value text) RETURNS double precision LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN value::double precision; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_double(text) IS 'Text as double precision; null where it isn''t one.';
CREATE FUNCTION mesh.as_numeric(value text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN value::numeric; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_numeric(text) IS 'Text as numeric; null where it isn''t one.';
CREATE FUNCTION mesh.as_boolean(value text) RETURNS boolean LANGUAGE sql IMMUTABLE
    RETURN CASE value WHEN 'true' THEN true WHEN 'false' THEN false END;
COMMENT ON FUNCTION mesh.as_boolean(text) IS 'Text as boolean; null where it isn''t one.';
CREATE FUNCTION mesh.as_uuid(value text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN value::uuid; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_uuid(text) IS 'Text as uuid; null where it isn''t one.';
CREATE FUNCTION mesh.as_date(value text) RETURNS date LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
BEGIN RETURN value::date; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_date(text) IS 'Text as date; null where it isn''t one.';
CREATE FUNCTION mesh.as_time(value text) RETURNS time LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN value::time; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_time(text) IS 'Text as time; null where it isn''t one.';
CREATE FUNCTION mesh.as_timestamptz(value text) RETURNS timestamptz LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET timezone = 'UTC' AS $$
BEGIN RETURN value::timestamptz; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_timestamptz(text) IS 'Text as timestamptz; null where it isn''t one.';
CREATE FUNCTION mesh.as_interval(value text) RETURNS interval LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN value::interval; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_interval(text) IS 'Text as interval; null where it isn''t one.';
CREATE FUNCTION mesh.as_bytea(value text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN decode(value, 'base64'); EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
COMMENT ON FUNCTION mesh.as_bytea(text) IS 'Base64 as bytea; null where it isn''t that.';

-- Rights: nothing for everybody. mesh_app may put messages into the outbox; mesh_read may read. Roles belong to the whole server, so they
-- may be there already, and whoever migrates may lack the right to make them: then an administrator makes them and migrates again.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mesh FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA mesh FROM PUBLIC;
CREATE FUNCTION mesh.grant_rights() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text;
    f record;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['mesh_app', 'mesh_read'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            -- Another database's migration may make it at the same moment; only the second try is sure to know of it.
            FOR attempt IN 1 .. 2 LOOP
                BEGIN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                    EXIT;
                EXCEPTION WHEN duplicate_object THEN EXIT;
                    WHEN unique_violation THEN NULL;
                    WHEN insufficient_privilege THEN EXIT;
                END;
            END LOOP;
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                RAISE WARNING 'role % is missing and may not be made by %', wanted, current_user
                    USING HINT = 'Let an administrator run CREATE ROLE ' || wanted || ' NOLOGIN; SELECT mesh.grant_rights();';
                CONTINUE;
            END IF;
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA mesh TO %I', wanted);
        IF wanted = 'mesh_app' THEN
            FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                WHERE p.pronamespace = 'mesh'::regnamespace AND p.proname IN ('emit', 'emit_all', 'send') LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.name, wanted);
            END LOOP;
        ELSE
            FOR f IN SELECT c.oid::regclass AS name FROM pg_class c
                WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relname <> 'admin_token' LOOP
                EXECUTE format('GRANT SELECT ON %s TO %I', f.name, wanted);
            END LOOP;
            FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                WHERE p.pronamespace = 'mesh'::regnamespace AND (p.proname LIKE 'as\_%' OR p.proname = 'readable') LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.name, wanted);
            END LOOP;
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION mesh.grant_rights() FROM PUBLIC;
COMMENT ON FUNCTION mesh.grant_rights() IS 'Makes the roles mesh_app and mesh_read where they are missing, and gives them their rights.';
COMMENT ON SCHEMA mesh IS 'Wasmesh: the outbox, the state, and everything the mesh keeps. docs/tables.md describes it.';
