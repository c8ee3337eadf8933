-- A transaction that emits one event after the other looks its route up once: the setting mesh.event holds the transaction, the slot and the event.
CREATE OR REPLACE FUNCTION mesh.emit(event text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    path text[];
    the_topic text;
    the_key text := key;
    the_slot smallint;
    parsed json;
    own constant text := pg_current_xact_id()::text || ':';
    known constant text := current_setting('mesh.event', true);
BEGIN
    -- Most transactions that emit much emit one event; its topic is its name.
    IF key IS NOT NULL AND starts_with(known, own) AND substr(known, length(own) + 2) = event AND data IS NOT NULL THEN
        parsed := data::json;
        RETURN mesh.put(substr(known, length(own) + 1, 1)::smallint, event, event, key, data);
    END IF;
    SELECT r.topic, r.key_path, n.active INTO the_topic, path, the_slot FROM mesh.rotation n, mesh.route r
        WHERE n.name = 'outbox_sql' AND r.kind IN ('emitter', 'handler') AND r.name = event ORDER BY r.kind LIMIT 1;
    IF the_topic IS NULL THEN
        RAISE EXCEPTION 'no deployed service declares or handles the event "%"', event
            USING ERRCODE = '42704', HINT = coalesce('Known events: ' || (
                SELECT string_agg(k.name, ', ') FROM (
                    SELECT DISTINCT r.name FROM mesh.route r WHERE r.kind IN ('emitter', 'handler') ORDER BY 1 LIMIT 20) k) || '.',
                'No event is known yet. Deploy a service that declares it.');
    END IF;
    IF data IS NULL THEN
        RAISE EXCEPTION 'the event "%" has no data', event USING ERRCODE = '22004', HINT = 'Pass the event''s fields as a JSON object.';
    END IF;
    parsed := data::json;
    IF the_key IS NULL AND path IS NOT NULL THEN
        the_key := parsed #>> path;
    END IF;
    IF the_topic = event THEN
        PERFORM set_config('mesh.event', own || the_slot || event, true);
    END IF;
    RETURN mesh.put(the_slot, the_topic, event, the_key, data);
END $$;
