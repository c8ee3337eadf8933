-- What mesh.emit notes for a transaction stands in settings, and those are the session's: whoever has one can write a note of his own, also where it isn't he
-- who emits but a trigger of others. A topic of his own was one harm of that, and a message that is never relayed, since its transaction had no marker, another.
-- So nothing is believed that is noted. A row beside the marker says which event was looked up, mesh.outbox_marker where that row is (its child and its
-- place in it), and the statement that inserts a message looks there: what others wrote isn't of this transaction, what was rolled back isn't seen, and
-- such a row is made behind the marker, so that it isn't there without it. mesh.outbox itself is as migration 12 has it.
ALTER TABLE mesh.outbox_transaction ADD COLUMN event text;
COMMENT ON COLUMN mesh.outbox_transaction.commit_seq IS 'Its place; 0 in the marker that makes it draw one, -1 where an event stands.';
COMMENT ON COLUMN mesh.outbox_transaction.event IS 'An event that the transaction has looked up, which is its topic as well.';
DO $$ BEGIN
    FOR slot IN 0 .. 3 LOOP
        EXECUTE format('COMMENT ON COLUMN mesh.outbox_transaction_%s.commit_seq IS %L', slot,
            'Its place; 0 in the marker that makes it draw one, -1 where an event stands.');
        EXECUTE format('COMMENT ON COLUMN mesh.outbox_transaction_%s.event IS %L', slot,
            'An event that the transaction has looked up, which is its topic as well.');
    END LOOP;
END $$;

-- Whether a row that mesh.outbox_marker names is the current transaction's.
CREATE FUNCTION mesh.is_marked(marker text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM mesh.outbox_transaction m WHERE m.slot = left(marker, 1)::smallint AND m.ctid = substr(marker, 2)::tid
        AND m.xid = pg_current_xact_id() AND m.commit_seq <= 0);
END $$;
COMMENT ON FUNCTION mesh.is_marked(text) IS 'Whether a row that mesh.outbox_marker names is the current transaction''s, which then has its marker.';
REVOKE ALL ON FUNCTION mesh.is_marked(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mesh.open_transaction() RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own constant text := pg_current_xact_id()::text;
    known text := current_setting('mesh.outbox', true);
    slot smallint;
    place tid;
BEGIN
    IF starts_with(substr(known, 26), own || ':') THEN
        IF mesh.is_marked(nullif(current_setting('mesh.outbox_marker', true), '')) THEN RETURN known; END IF;
    ELSIF known = 'sealed ' || own THEN
        RETURN NULL;
    END IF;
    SELECT set_config('mesh.outbox', m.active || left(mesh.new_id(), 24) || own || ':', true), t.active INTO known, slot
        FROM mesh.rotation m, mesh.rotation t WHERE m.name = 'outbox_sql' AND t.name = 'outbox_transaction';
    INSERT INTO mesh.outbox_transaction AS t (slot, xid, commit_seq) VALUES (slot, pg_current_xact_id(), 0) RETURNING t.ctid INTO place;
    PERFORM set_config('mesh.outbox_marker', slot::text || place, true);
    -- Where constraints are immediate, the marker's trigger has run.
    RETURN CASE WHEN current_setting('mesh.outbox') = known THEN known END;
END $$;

CREATE OR REPLACE FUNCTION mesh.emit_anew(event text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    route record;
    id text;
    known text;
    slot constant smallint := mesh.active_slot('outbox_transaction');
    place tid;
BEGIN
    SELECT * INTO route FROM mesh.event_route(event);
    IF data IS NULL THEN
        RAISE EXCEPTION 'the event "%" has no data', event USING ERRCODE = '22004', HINT = 'Pass the event''s fields as a JSON object.';
    END IF;
    known := mesh.open_transaction();
    id := mesh.put(known, route.topic, event, coalesce(key, data::json #>> route.key_path), data);
    -- Most transactions that emit much emit one event; its topic is its name.
    IF route.topic = event AND known IS NOT NULL THEN
        INSERT INTO mesh.outbox_transaction AS t (slot, xid, commit_seq, event) VALUES (slot, pg_current_xact_id(), -1, event)
            RETURNING t.ctid INTO place;
        PERFORM set_config('mesh.outbox', left(known, 25) || pg_current_xact_id() || ':' || event, true),
            set_config('mesh.outbox_marker', slot::text || place, true);
    END IF;
    RETURN id;
END $$;

-- A statement for each child: to ask the table as a whole costs as much as the rest.
DO $make$ BEGIN
    EXECUTE $head$
CREATE OR REPLACE FUNCTION mesh.emit(event text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER AS $$
#variable_conflict use_variable
DECLARE
    known constant pg_catalog.text := pg_catalog.current_setting('mesh.outbox', true);
    marker constant pg_catalog.text := pg_catalog.current_setting('mesh.outbox_marker', true);
    parsed constant pg_catalog.json := data;
    number pg_catalog.int8;
    id pg_catalog.text;
BEGIN
    IF (pg_catalog.substr(known, 26) OPERATOR(pg_catalog.=)
            (pg_catalog.pg_current_xact_id()::pg_catalog.text OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) event)
        AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.>) 0 AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.<=) 1024
        AND pg_catalog.octet_length(data) OPERATOR(pg_catalog.<=) 1000000
        AND pg_catalog.octet_length(marker) OPERATOR(pg_catalog.>) 0) IS NOT TRUE
    THEN
        RETURN mesh.emit_anew(event, key, data);
    END IF;
    number := pg_catalog.nextval('mesh.outbox_sql_id');
    id := pg_catalog.substr(known, 2, 24) OPERATOR(pg_catalog.||) pg_catalog.lpad(pg_catalog.to_hex(number), 12, '0');
    CASE$head$ || (SELECT string_agg(format($branch$
    WHEN pg_catalog.substr(marker, 1, 1) OPERATOR(pg_catalog.=) '%1$s' THEN
        INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
            SELECT pg_catalog.substr(known, 1, 1)::pg_catalog.int2, m.xid, number, pg_catalog.clock_timestamp(), m.event, key, id, m.event, '/sql', data, NULL
            FROM mesh.outbox_transaction_%1$s m WHERE m.ctid OPERATOR(pg_catalog.=) pg_catalog.substr(marker, 2)::pg_catalog.tid
                AND m.xid OPERATOR(pg_catalog.=) pg_catalog.pg_current_xact_id() AND m.event OPERATOR(pg_catalog.=) event;$branch$, slot), '' ORDER BY slot)
        FROM generate_series(0, 3) slot) || $tail$
    ELSE NULL;
    END CASE;
    -- The note isn't ours.
    IF NOT FOUND THEN RETURN mesh.emit_anew(event, key, data); END IF;
    RETURN id;
END $$ $tail$;
END $make$;
