-- How applications put messages into the outbox. What is done for each message is written to be cheap: a transaction's first message of an
-- event looks its route up and notes what it found in the setting mesh.outbox, which ends with the transaction, and which a rollback to a
-- savepoint takes back together with the rows:
--     1       the slot
--     2-25    how the ids of its messages begin
--     26-     the transaction, a colon, the event
-- or 'sealed' and the transaction, once its place is drawn. It names the transaction, so that what stands there by accident isn't ours.

-- What mesh.outbox says, made for the current transaction if it wasn't; null where the place is drawn already.
CREATE FUNCTION mesh.open_transaction() RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own constant text := pg_current_xact_id()::text;
    known text := current_setting('mesh.outbox', true);
    slot smallint;
BEGIN
    IF starts_with(substr(known, 26), own || ':') THEN RETURN known; END IF;
    IF known = 'sealed ' || own THEN RETURN NULL; END IF;
    SELECT set_config('mesh.outbox', m.active || left(mesh.new_id(), 24) || own || ':', true), t.active INTO known, slot
        FROM mesh.rotation m, mesh.rotation t WHERE m.name = 'outbox_sql' AND t.name = 'outbox_transaction';
    INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq) VALUES (slot, pg_current_xact_id(), 0);
    -- Where constraints are immediate, the marker's trigger has run.
    RETURN CASE WHEN current_setting('mesh.outbox') = known THEN known END;
END $$;
COMMENT ON FUNCTION mesh.open_transaction() IS 'What the setting mesh.outbox says of the current transaction; made by its first message.';

-- Inserts one message of the current transaction; mesh.emit, mesh.send and mesh.redrive call it, under their search_path and rights.
-- `known` is what mesh.open_transaction said.
CREATE FUNCTION mesh.put(known text, a_topic text, a_type text, a_key text, a_data text,
    an_id text DEFAULT NULL, a_source text DEFAULT '/sql', some_headers text DEFAULT NULL, a_time timestamptz DEFAULT NULL)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    now_at constant timestamptz := coalesce(a_time, clock_timestamp());
    new_id constant text := coalesce(an_id, mesh.new_id(now_at));
    the_key constant text := coalesce(a_key, new_id);
BEGIN
    IF octet_length(the_key) NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'the key has % bytes; 1 to 1024 are allowed', octet_length(the_key) USING ERRCODE = '22023';
    END IF;
    IF octet_length(a_data) > 1000000 THEN
        RAISE EXCEPTION 'the data has % bytes; at most 1000000 are allowed', octet_length(a_data)
            USING ERRCODE = '54000', HINT = 'Store large content elsewhere and send a reference to it.';
    END IF;
    INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
        VALUES (coalesce(left(known, 1)::smallint, mesh.active_slot('outbox_sql')), pg_current_xact_id(), nextval('mesh.outbox_sql_id'), now_at, a_topic, the_key, new_id,
            a_type, a_source, a_data, some_headers);
    IF known IS NULL THEN
        -- The place was drawn before this message: lock its key's bucket as well, and draw another.
        INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
            VALUES (mesh.active_slot('outbox_transaction'), pg_current_xact_id(), 0);
    END IF;
    RETURN new_id;
END $$;
COMMENT ON FUNCTION mesh.put(text, text, text, text, text, text, text, text, timestamptz) IS 'Inserts a message of the current transaction; called by mesh.emit, mesh.send and mesh.redrive.';

-- The topic of an event, and where its key stands.
CREATE FUNCTION mesh.event_route(event text, OUT topic text, OUT key_path text[])
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT r.topic, r.key_path INTO event_route.topic, event_route.key_path FROM mesh.route r
        WHERE r.kind IN ('emitter', 'handler') AND r.name = event_route.event ORDER BY r.kind LIMIT 1;
    IF event_route.topic IS NULL THEN
        RAISE EXCEPTION 'no deployed service declares or handles the event "%"', event_route.event
            USING ERRCODE = '42704', HINT = coalesce('Known events: ' || (
                SELECT string_agg(k.name, ', ') FROM (
                    SELECT DISTINCT r.name FROM mesh.route r WHERE r.kind IN ('emitter', 'handler') ORDER BY 1 LIMIT 20) k) || '.',
                'No event is known yet. Deploy a service that declares it.');
    END IF;
END $$;
COMMENT ON FUNCTION mesh.event_route(text) IS 'The topic of an event, and where its key stands; an error that says what is known where nobody declares it.';

-- The way of mesh.emit for the first message of an event in its transaction, and for each that is out of the ordinary.
CREATE FUNCTION mesh.emit_anew(event text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    route record;
    id text;
    known text;
BEGIN
    SELECT * INTO route FROM mesh.event_route(event);
    IF data IS NULL THEN
        RAISE EXCEPTION 'the event "%" has no data', event USING ERRCODE = '22004', HINT = 'Pass the event''s fields as a JSON object.';
    END IF;
    known := mesh.open_transaction();
    id := mesh.put(known, route.topic, event, coalesce(key, data::json #>> route.key_path), data);
    -- Most transactions that emit much emit one event; its topic is its name.
    IF route.topic = event AND known IS NOT NULL THEN
        PERFORM set_config('mesh.outbox', left(known, 25) || pg_current_xact_id() || ':' || event, true);
    END IF;
    RETURN id;
END $$;
COMMENT ON FUNCTION mesh.emit_anew(text, text, text) IS 'mesh.emit for the first message of an event in its transaction.';

-- Runs for each message, so it has no SET clause, which would cost as much as the rest of its head: every name and operator in it is
-- qualified instead.
CREATE FUNCTION mesh.emit(event text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER AS $$
#variable_conflict use_variable
DECLARE
    known constant pg_catalog.text := pg_catalog.current_setting('mesh.outbox', true);
    parsed constant pg_catalog.json := data;
    number pg_catalog.int8;
    id pg_catalog.text;
BEGIN
    IF (pg_catalog.substr(known, 26) OPERATOR(pg_catalog.=)
            (pg_catalog.pg_current_xact_id()::pg_catalog.text OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) event)
        AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.>) 0 AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.<=) 1024
        AND pg_catalog.octet_length(data) OPERATOR(pg_catalog.<=) 1000000) IS NOT TRUE
    THEN
        RETURN mesh.emit_anew(event, key, data);
    END IF;
    number := pg_catalog.nextval('mesh.outbox_sql_id');
    id := pg_catalog.substr(known, 2, 24) OPERATOR(pg_catalog.||) pg_catalog.lpad(pg_catalog.to_hex(number), 12, '0');
    INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
        VALUES (pg_catalog.substr(known, 1, 1)::pg_catalog.int2, pg_catalog.pg_current_xact_id(), number, pg_catalog.clock_timestamp(), event,
            key, id, event, '/sql', data, NULL);
    RETURN id;
END $$;
COMMENT ON FUNCTION mesh.emit(text, text, text) IS
    'Puts an event into the outbox, as part of the current transaction; returns the message''s id. With a null key: the schema''s key field, else the id.';
CREATE FUNCTION mesh.emit(event text, key text, data jsonb) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.emit(event, key, data::text)';
COMMENT ON FUNCTION mesh.emit(text, text, jsonb) IS 'As mesh.emit(text, text, text).';
CREATE FUNCTION mesh.emit(event text, key text, data json) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.emit(event, key, data::text)';
COMMENT ON FUNCTION mesh.emit(text, text, json) IS 'As mesh.emit(text, text, text).';

-- Many messages at the cost of one statement.
CREATE FUNCTION mesh.emit_all(event text, keys text[], data text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    route record;
    bad record;
    known text;
    the_topic text;
    prefix constant text := left(mesh.new_id(), 24);
    slot smallint;
    n bigint;
BEGIN
    SELECT * INTO route FROM mesh.event_route(event);
    the_topic := route.topic;
    IF cardinality(keys) IS DISTINCT FROM cardinality(data) OR data IS NULL THEN
        RAISE EXCEPTION 'there are % keys and % data', coalesce(cardinality(keys)::text, 'no'), coalesce(cardinality(data)::text, 'no')
            USING ERRCODE = '22023', HINT = 'Pass a key for each event; null stands for the schema''s key field.';
    END IF;
    IF cardinality(data) = 0 THEN RETURN 0; END IF;
    IF array_position(keys, NULL) IS NOT NULL THEN
        keys := ARRAY(SELECT coalesce(v.key, CASE WHEN v.key IS NULL THEN v.data::json #>> route.key_path END)
            FROM unnest(keys, data) WITH ORDINALITY v(key, data, n) ORDER BY v.n);
    END IF;
    SELECT v.n, v.key, v.data INTO bad FROM unnest(keys, data) WITH ORDINALITY v(key, data, n)
        WHERE v.data IS NULL OR octet_length(v.data) > 1000000 OR octet_length(v.key) NOT BETWEEN 1 AND 1024 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'number % of the events "%" %', bad.n, event, CASE
                WHEN bad.data IS NULL THEN 'has no data'
                WHEN octet_length(bad.data) > 1000000 THEN 'has ' || octet_length(bad.data) || ' bytes of data; at most 1000000 are allowed'
                ELSE 'has a key of ' || octet_length(bad.key) || ' bytes; 1 to 1024 are allowed' END
            USING ERRCODE = '22023';
    END IF;
    known := mesh.open_transaction();
    slot := coalesce(left(known, 1)::smallint, mesh.active_slot('outbox_sql'));
    INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data)
        SELECT slot, pg_current_xact_id(), u.number, clock_timestamp(), the_topic, coalesce(u.key, u.id), u.id, event, '/sql', u.data::json
        FROM (SELECT s.number, s.key, s.data, prefix || lpad(to_hex(s.number), 12, '0') AS id
            FROM (SELECT nextval('mesh.outbox_sql_id') AS number, v.key, v.data FROM unnest(keys, data) v(key, data)) s) u;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF known IS NULL THEN
        INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
            VALUES (mesh.active_slot('outbox_transaction'), pg_current_xact_id(), 0);
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION mesh.emit_all(text, text[], text[]) IS
    'Puts many events into the outbox at the cost of one statement, in the arrays'' order; returns their number. Null keys as in mesh.emit.';
CREATE FUNCTION mesh.emit_all(event text, keys text[], data jsonb[]) RETURNS bigint
    LANGUAGE sql VOLATILE AS 'SELECT mesh.emit_all(event, keys, data::text[])';
COMMENT ON FUNCTION mesh.emit_all(text, text[], jsonb[]) IS 'As mesh.emit_all(text, text[], text[]).';

CREATE FUNCTION mesh.send(target text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    path text[];
    the_topic text;
    parsed constant json := data;
BEGIN
    SELECT r.topic, r.key_path INTO the_topic, path FROM mesh.route r WHERE r.kind = 'method' AND r.name = target LIMIT 1;
    IF the_topic IS NULL THEN
        RAISE EXCEPTION 'no deployed service has the method "%"', target
            USING ERRCODE = '42883', HINT = coalesce('Its methods: ' || (
                SELECT string_agg(k.name, ', ') FROM (
                    SELECT r.name FROM mesh.route r WHERE r.kind = 'method' AND r.service = split_part(target, '/', 1) ORDER BY 1 LIMIT 20) k) || '.',
                'Known services: ' || (SELECT string_agg(s.name, ', ' ORDER BY s.name) FROM mesh.service s) || '. A target is written shop.Orders/place.',
                'No service is deployed yet.');
    END IF;
    IF data IS NULL THEN
        RAISE EXCEPTION 'the call of "%" has no data', target
            USING ERRCODE = '22004', HINT = 'Pass the arguments as a JSON object; {} where there are none.';
    END IF;
    IF json_typeof(parsed) <> 'object' THEN
        RAISE EXCEPTION 'the data of a call is an object of its arguments, not %', json_typeof(parsed) USING ERRCODE = '22023';
    END IF;
    RETURN mesh.put(mesh.open_transaction(), the_topic, target, coalesce(key, parsed #>> path), data);
END $$;
COMMENT ON FUNCTION mesh.send(text, text, text) IS
    'Puts a call into the outbox, as part of the current transaction; returns its id. With a null key: by the method''s key rule, else the id.';
CREATE FUNCTION mesh.send(target text, key text, data jsonb) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.send(target, key, data::text)';
COMMENT ON FUNCTION mesh.send(text, text, jsonb) IS 'As mesh.send(text, text, text).';
CREATE FUNCTION mesh.send(target text, key text, data json) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.send(target, key, data::text)';
COMMENT ON FUNCTION mesh.send(text, text, json) IS 'As mesh.send(text, text, text).';
