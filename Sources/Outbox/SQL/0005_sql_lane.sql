-- The SQL lane: what applications put into the outbox from their own transactions, and how the relay reads it.
--
-- The order that matters is that of commits, per key. A sequence value is drawn long before the commit, so it can't tell. Therefore the
-- first message of a transaction also inserts a marker, whose deferred trigger at commit locks the buckets of the keys that were touched, in ascending order, and only then draws commit_seq. Of two transactions with a common key the second draws after the first
-- has committed (Postgres makes a transaction visible before it lets go of its locks). No lock is held while the application still works.
--
-- The relay never asks for "id > last", which loses what commits late: it takes a snapshot s2 and delivers what s2 sees and the one
-- before, s1, did not.

CREATE SEQUENCE mesh.outbox_sql_id;
COMMENT ON SEQUENCE mesh.outbox_sql_id IS 'Orders the messages within a transaction.';
CREATE SEQUENCE mesh.commit_sequence;
COMMENT ON SEQUENCE mesh.commit_sequence IS 'Orders the transactions: drawn at commit, under the locks of their keys.';

CREATE TABLE mesh.outbox_sql (
    slot smallint NOT NULL,
    xid xid8 NOT NULL,
    id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    topic text NOT NULL,
    key text,
    message_id text NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    data text NOT NULL,
    headers text
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('outbox_sql', 8, '(xid, id)', true);
COMMENT ON TABLE mesh.outbox_sql IS 'Messages from mesh.emit and mesh.send until the log has them; written once, never updated.';
COMMENT ON COLUMN mesh.outbox_sql.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.outbox_sql.xid IS 'The transaction that wrote it.';
COMMENT ON COLUMN mesh.outbox_sql.id IS 'Orders it within its transaction.';
COMMENT ON COLUMN mesh.outbox_sql.created_at IS 'The message''s time (ce_time).';
COMMENT ON COLUMN mesh.outbox_sql.topic IS 'The topic it goes to.';
COMMENT ON COLUMN mesh.outbox_sql.key IS 'The record''s key.';
COMMENT ON COLUMN mesh.outbox_sql.message_id IS 'The message''s id (ce_id).';
COMMENT ON COLUMN mesh.outbox_sql.type IS 'The message''s type (ce_type).';
COMMENT ON COLUMN mesh.outbox_sql.source IS 'Who made it (ce_source).';
COMMENT ON COLUMN mesh.outbox_sql.data IS 'The payload, JSON.';
COMMENT ON COLUMN mesh.outbox_sql.headers IS 'Further headers as a JSON object, or null.';

CREATE TABLE mesh.outbox_transaction (
    slot smallint NOT NULL,
    xid xid8 NOT NULL,
    commit_seq bigint NOT NULL
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('outbox_transaction', 8, '(xid, commit_seq) WHERE commit_seq > 0', false);
CREATE INDEX outbox_transaction_order ON mesh.outbox_transaction (commit_seq) WHERE commit_seq > 0;
COMMENT ON TABLE mesh.outbox_transaction IS 'The place of each transaction with messages in the order of commits; where it has several rows, the highest counts.';
COMMENT ON COLUMN mesh.outbox_transaction.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.outbox_transaction.xid IS 'The transaction.';
COMMENT ON COLUMN mesh.outbox_transaction.commit_seq IS 'Its place; 0 in the marker that makes it draw one.';

CREATE TABLE mesh.relay_tick (
    slot smallint NOT NULL,
    tick bigint NOT NULL,
    lease_epoch bigint NOT NULL,
    seen pg_snapshot NOT NULL,
    upto pg_snapshot NOT NULL,
    first_seq bigint NOT NULL,
    acked_seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('relay_tick', 4, '(tick)', true);
COMMENT ON TABLE mesh.relay_tick IS 'What the relay published in which order: committed before it is published, so that a crash publishes the same messages with the same sequences.';
COMMENT ON COLUMN mesh.relay_tick.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.relay_tick.tick IS 'Rises by one.';
COMMENT ON COLUMN mesh.relay_tick.lease_epoch IS 'The lease it was made under.';
COMMENT ON COLUMN mesh.relay_tick.seen IS 'Transactions that earlier ticks have delivered.';
COMMENT ON COLUMN mesh.relay_tick.upto IS 'This tick delivers what is visible here and isn''t in seen, ordered by (commit_seq, id).';
COMMENT ON COLUMN mesh.relay_tick.first_seq IS 'The lane''s sequence of its first message.';
COMMENT ON COLUMN mesh.relay_tick.acked_seq IS 'What was safe in the log when it was made.';
COMMENT ON COLUMN mesh.relay_tick.at IS 'When.';

INSERT INTO mesh.lane (kind, name) VALUES ('sql', 'sql');

-- Runs at commit (or at once under SET CONSTRAINTS … IMMEDIATE; then once more for each further bucket, and the highest place counts).
CREATE FUNCTION mesh.seal_transaction() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    buckets text := current_setting('mesh.buckets', true);
BEGIN
    IF NEW.commit_seq > 0 THEN RETURN NULL; END IF;
    -- Somebody may have written into the setting; then all buckets are locked, which is slow and right.
    IF buckets IS NULL OR length(buckets) <> 256 OR translate(buckets, '01', '') <> '' THEN
        buckets := repeat('1', 256);
    END IF;
    FOR bucket IN 0 .. 255 LOOP
        IF substr(buckets, bucket + 1, 1) = '1' THEN
            PERFORM pg_advisory_xact_lock(1835365224, bucket);
        END IF;
    END LOOP;
    INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
        SELECT r.active, pg_current_xact_id(), nextval('mesh.commit_sequence') FROM mesh.rotation r WHERE r.name = 'outbox_transaction';
    PERFORM set_config('mesh.sealed', buckets, true);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mesh.seal_transaction() IS 'Locks the buckets of the transaction''s keys, then draws its place in the order of commits.';

DO $$ BEGIN
    FOR slot IN 0 .. 7 LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER outbox_seal AFTER INSERT ON mesh.outbox_transaction_%s DEFERRABLE INITIALLY DEFERRED '
            'FOR EACH ROW EXECUTE FUNCTION mesh.seal_transaction()', slot);
        -- Also under session_replication_role = replica.
        EXECUTE format('ALTER TABLE mesh.outbox_transaction_%s ENABLE ALWAYS TRIGGER outbox_seal', slot);
    END LOOP;
END $$;

-- A new id: UUID version 7 (RFC 9562).
CREATE FUNCTION mesh.new_id(at timestamptz DEFAULT clock_timestamp()) RETURNS text
    LANGUAGE sql VOLATILE
    -- A version 4 has 4 in its version bits; two more bits make it 7.
    RETURN encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid::text;
COMMENT ON FUNCTION mesh.new_id(timestamptz) IS 'A new message id: a UUID of version 7, so that ids sort by time.';

-- Inserts one message of the current transaction; only mesh.emit and mesh.send call it, under their search_path and rights.
CREATE FUNCTION mesh.put(a_slot smallint, a_topic text, a_type text, a_key text, a_data text,
    an_id text DEFAULT NULL, a_source text DEFAULT '/sql', some_headers text DEFAULT NULL, a_time timestamptz DEFAULT NULL)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    now_at constant timestamptz := coalesce(a_time, clock_timestamp());
    new_id constant text := coalesce(an_id, mesh.new_id(now_at));
    the_key constant text := coalesce(a_key, new_id);
    bucket constant integer := (hashtext(the_key) & 255) + 1;
    buckets text := current_setting('mesh.buckets', true);
    sealed constant text := current_setting('mesh.sealed', true);
BEGIN
    IF octet_length(the_key) NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'the key has % bytes; 1 to 1024 are allowed', octet_length(the_key) USING ERRCODE = '22023';
    END IF;
    IF octet_length(a_data) > 1000000 THEN
        RAISE EXCEPTION 'the data has % bytes; at most 1000000 are allowed', octet_length(a_data)
            USING ERRCODE = '54000', HINT = 'Store large content elsewhere and send a reference to it.';
    END IF;
    -- The settings end with the transaction, and a rollback to a savepoint takes them back together with the rows.
    IF substr(buckets, bucket, 1) IS DISTINCT FROM '1' OR sealed <> '' THEN
        IF length(buckets) IS DISTINCT FROM 256 THEN
            buckets := repeat('0', 256);
        END IF;
        PERFORM set_config('mesh.buckets', overlay(buckets PLACING '1' FROM bucket FOR 1), true);
        -- The first of its transaction. Or the place was drawn already (constraints are immediate), and this bucket isn't locked yet.
        IF position('1' IN buckets) = 0 OR sealed <> '' AND substr(sealed, bucket, 1) <> '1' THEN
            INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
                SELECT r.active, pg_current_xact_id(), 0 FROM mesh.rotation r WHERE r.name = 'outbox_transaction';
        END IF;
    END IF;
    INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
        VALUES (a_slot, pg_current_xact_id(), nextval('mesh.outbox_sql_id'), now_at, a_topic, the_key, new_id, a_type, a_source, a_data,
            some_headers);
    RETURN new_id;
END $$;
COMMENT ON FUNCTION mesh.put(smallint, text, text, text, text, text, text, text, timestamptz) IS 'Inserts a message of the current transaction; called by mesh.emit and mesh.send.';

CREATE FUNCTION mesh.emit(event text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    path text[];
    the_topic text;
    the_key text := key;
    the_slot smallint;
    parsed json;
BEGIN
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
    RETURN mesh.put(the_slot, the_topic, event, the_key, data);
END $$;
COMMENT ON FUNCTION mesh.emit(text, text, text) IS
    'Puts an event into the outbox, as part of the current transaction; returns the message''s id. With a null key: the schema''s key field, else the id.';
CREATE FUNCTION mesh.emit(event text, key text, data jsonb) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.emit(event, key, data::text)';
COMMENT ON FUNCTION mesh.emit(text, text, jsonb) IS 'As mesh.emit(text, text, text).';
CREATE FUNCTION mesh.emit(event text, key text, data json) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.emit(event, key, data::text)';
COMMENT ON FUNCTION mesh.emit(text, text, json) IS 'As mesh.emit(text, text, text).';

CREATE FUNCTION mesh.send(target text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    path text[];
    the_topic text;
    the_key text := key;
    the_slot smallint;
BEGIN
    SELECT r.topic, r.key_path, n.active INTO the_topic, path, the_slot FROM mesh.rotation n, mesh.route r
        WHERE n.name = 'outbox_sql' AND r.kind = 'method' AND r.name = target LIMIT 1;
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
    IF json_typeof(data::json) <> 'object' THEN
        RAISE EXCEPTION 'the data of a call is an object of its arguments, not %', json_typeof(data::json) USING ERRCODE = '22023';
    END IF;
    IF the_key IS NULL AND path IS NOT NULL THEN
        the_key := data::json #>> path;
    END IF;
    RETURN mesh.put(the_slot, the_topic, target, the_key, data);
END $$;
COMMENT ON FUNCTION mesh.send(text, text, text) IS
    'Puts a call into the outbox, as part of the current transaction; returns its id. With a null key: by the method''s key rule, else the id.';
CREATE FUNCTION mesh.send(target text, key text, data jsonb) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.send(target, key, data::text)';
COMMENT ON FUNCTION mesh.send(text, text, jsonb) IS 'As mesh.send(text, text, text).';
CREATE FUNCTION mesh.send(target text, key text, data json) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.send(target, key, data::text)';
COMMENT ON FUNCTION mesh.send(text, text, json) IS 'As mesh.send(text, text, text).';

-- What of `xids` lies between two snapshots, as index conditions: from seen's end on, and what was in progress in seen and has ended.
CREATE FUNCTION mesh.ended_since(seen pg_snapshot, upto pg_snapshot) RETURNS xid8[]
    LANGUAGE sql STABLE
    RETURN ARRAY(SELECT x FROM pg_snapshot_xip(seen) x WHERE pg_visible_in_snapshot(x, upto));
COMMENT ON FUNCTION mesh.ended_since(pg_snapshot, pg_snapshot) IS 'Transactions in progress in the first snapshot that have ended in the second.';

-- Makes a tick if there is something to deliver. `upto` comes back in any case, for the relay to go on from.
CREATE FUNCTION mesh.relay_tick(
    IN a_lane bigint, IN mine bigint, IN next_tick bigint, IN seen_so_far text, IN next_sequence bigint, IN acked bigint,
    OUT made boolean, OUT upto text)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    s1 constant pg_snapshot := seen_so_far;
    s2 pg_snapshot;
    ended xid8[];
BEGIN
    s2 := pg_current_snapshot();
    ended := mesh.ended_since(s1, s2);
    made := EXISTS (SELECT FROM mesh.outbox_sql o WHERE o.xid >= pg_snapshot_xmax(s1) AND o.xid < pg_snapshot_xmax(s2)
            AND pg_visible_in_snapshot(o.xid, s2))
        OR (cardinality(ended) > 0 AND EXISTS (SELECT FROM mesh.outbox_sql o WHERE o.xid = ANY (ended)));
    upto := s2;
    IF made THEN
        PERFORM FROM mesh.lane l WHERE l.id = a_lane AND l.lease_epoch = mine AND l.owner IS NOT NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the sql lane isn''t leased under epoch % any more', mine
                USING ERRCODE = 'MF001', HINT = 'Another relay has claimed it.';
        END IF;
        INSERT INTO mesh.relay_tick (slot, tick, lease_epoch, seen, upto, first_seq, acked_seq)
            VALUES (mesh.active_slot('relay_tick'), next_tick, mine, s1, s2, next_sequence, acked);
    END IF;
END $$;
COMMENT ON FUNCTION mesh.relay_tick(bigint, bigint, bigint, text, bigint, bigint) IS 'Makes the relay''s next tick if there is something to deliver.';

-- A page of a tick in order, after a place in it: the rest of the transaction the last page ended in, then the ones after it. Place 0 is
-- of messages whose transaction drew none (somebody meddled with settings or triggers): they come first, and nothing is lost.
CREATE FUNCTION mesh.relay_page(a_tick bigint, after_place bigint, after_id bigint, page integer)
    RETURNS TABLE (place bigint, id bigint, created_at timestamptz, topic text, key text, message_id text, type text, source text,
        data text, headers text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
    SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    s1 pg_snapshot;
    s2 pg_snapshot;
    ended xid8[];
    n integer;
    rest integer := page;
    lowest bigint := after_place + 1;
BEGIN
    SELECT t.seen, t.upto INTO s1, s2 FROM mesh.relay_tick t WHERE t.tick = a_tick;
    IF NOT FOUND THEN RETURN; END IF;
    ended := mesh.ended_since(s1, s2);
    IF after_place <= 0 THEN
        RETURN QUERY SELECT 0::bigint, o.id, o.created_at, o.topic, o.key, o.message_id, o.type, o.source, o.data, o.headers
            FROM (SELECT r.* FROM mesh.outbox_sql r WHERE r.xid >= pg_snapshot_xmax(s1) AND r.xid < pg_snapshot_xmax(s2)
                    AND pg_visible_in_snapshot(r.xid, s2)
                    AND NOT EXISTS (SELECT FROM mesh.outbox_transaction t WHERE t.xid = r.xid AND t.commit_seq > 0)
                UNION ALL SELECT r.* FROM mesh.outbox_sql r WHERE r.xid = ANY (ended)
                    AND NOT EXISTS (SELECT FROM mesh.outbox_transaction t WHERE t.xid = r.xid AND t.commit_seq > 0)) o
            WHERE o.id > after_id
            ORDER BY o.id LIMIT rest;
        GET DIAGNOSTICS n = ROW_COUNT;
        rest := rest - n;
        -- The index on commit_seq would be walked from its start, through all that was delivered long ago.
        SELECT min(t.commit_seq + 0) INTO lowest FROM mesh.outbox_transaction t
            WHERE t.commit_seq > 0
                AND ((t.xid >= pg_snapshot_xmax(s1) AND t.xid < pg_snapshot_xmax(s2) AND pg_visible_in_snapshot(t.xid, s2))
                    OR t.xid = ANY (ended));
    ELSE
        RETURN QUERY SELECT after_place, o.id, o.created_at, o.topic, o.key, o.message_id, o.type, o.source, o.data, o.headers
            FROM mesh.outbox_sql o
            WHERE o.xid = (SELECT t.xid FROM mesh.outbox_transaction t WHERE t.commit_seq = after_place AND t.commit_seq > 0) AND o.id > after_id
            ORDER BY o.id LIMIT rest;
        GET DIAGNOSTICS n = ROW_COUNT;
        rest := rest - n;
    END IF;
    IF rest <= 0 OR lowest IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT t.commit_seq, o.id, o.created_at, o.topic, o.key, o.message_id, o.type, o.source, o.data, o.headers
        FROM mesh.outbox_transaction t
            CROSS JOIN LATERAL (SELECT r.* FROM mesh.outbox_sql r WHERE r.xid = t.xid ORDER BY r.id LIMIT rest) o
        WHERE t.commit_seq >= lowest AND t.commit_seq > 0
            AND ((t.xid >= pg_snapshot_xmax(s1) AND t.xid < pg_snapshot_xmax(s2) AND pg_visible_in_snapshot(t.xid, s2))
                OR t.xid = ANY (ended))
            AND NOT EXISTS (SELECT FROM mesh.outbox_transaction l WHERE l.xid = t.xid AND l.commit_seq > 0 AND l.commit_seq > t.commit_seq)
        ORDER BY t.commit_seq, o.id LIMIT rest;
END $$;
COMMENT ON FUNCTION mesh.relay_page(bigint, bigint, bigint, integer) IS 'A page of a tick''s messages in the order of commits.';

-- Publishes an open dead letter again, for the service that gave up alone; false when it isn't open any more.
CREATE FUNCTION mesh.redrive(letter bigint, an_actor text, a_topic text, a_type text, an_id text, a_key text, a_source text, a_data text,
    some_headers text, a_time timestamptz) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE mesh.dead_letter SET status = 'redriven', resolved_at = now(), resolved_by = an_actor WHERE id = letter AND status = 'open';
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM mesh.put(mesh.active_slot('outbox_sql'), a_topic, a_type, a_key, a_data, an_id, a_source, some_headers, a_time);
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'redrive', 'dead letter ' || letter, jsonb_build_object('message', an_id));
    RETURN true;
END $$;
COMMENT ON FUNCTION mesh.redrive(bigint, text, text, text, text, text, text, text, text, timestamptz) IS
    'Publishes an open dead letter again, for the service that gave up alone.';
