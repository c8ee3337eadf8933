-- Calls that are sent later. Whoever sends one writes it here, in its own transaction; once it is due, the relay puts it into the SQL lane, in the
-- transaction that removes it. From there on it is a message like any other.
CREATE TABLE mesh.delayed_send (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    due timestamptz NOT NULL,
    id text NOT NULL UNIQUE,
    topic text NOT NULL,
    key text,
    type text NOT NULL,
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    data text NOT NULL,
    headers text
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX delayed_send_due ON mesh.delayed_send (due, number);
CREATE INDEX delayed_send_topic ON mesh.delayed_send (topic, due, number);
COMMENT ON TABLE mesh.delayed_send IS 'Calls that are sent later; gone once they are on their way.';
COMMENT ON COLUMN mesh.delayed_send.number IS 'Orders those that are due at the same time.';
COMMENT ON COLUMN mesh.delayed_send.due IS 'When it is sent.';
COMMENT ON COLUMN mesh.delayed_send.id IS 'The message''s id (ce_id).';
COMMENT ON COLUMN mesh.delayed_send.topic IS 'The topic it goes to: the service that is called.';
COMMENT ON COLUMN mesh.delayed_send.key IS 'The record''s key.';
COMMENT ON COLUMN mesh.delayed_send.type IS 'The method (ce_type), shop.Orders/place.';
COMMENT ON COLUMN mesh.delayed_send.source IS 'Who sends it (ce_source).';
COMMENT ON COLUMN mesh.delayed_send.created_at IS 'When that was decided; the message''s time (ce_time).';
COMMENT ON COLUMN mesh.delayed_send.data IS 'The arguments, JSON.';
COMMENT ON COLUMN mesh.delayed_send.headers IS 'Further headers as a JSON object, or null.';

-- Moves what is due into the SQL lane, by when it is due: at most so many, and but for the last at most so many bytes. `not_before`: nothing due before that is
-- looked for, so that the look doesn't walk over all that was sent since some old snapshot. What somebody is taking back just now is passed over.
-- The transaction gets its place in the order of commits without its keys' locks: nothing is promised between these and what is sent at once, and among
-- themselves the relay's lease orders them.
CREATE FUNCTION mesh.put_due(IN moment timestamptz, IN not_before timestamptz, IN most integer, IN most_bytes bigint, OUT sent bigint, OUT last_due timestamptz)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    slot_now constant smallint := mesh.active_slot('outbox_sql');
    results_now constant smallint := mesh.active_slot('call_result');
BEGIN
    WITH chosen AS MATERIALIZED (
        SELECT w.number, w.due, octet_length(w.data)::bigint AS bytes FROM mesh.delayed_send w
        WHERE w.due <= moment AND w.due >= coalesce(not_before, '-infinity') ORDER BY w.due, w.number LIMIT most FOR UPDATE SKIP LOCKED),
    page AS (
        SELECT c.number FROM (
            SELECT o.number, sum(o.bytes) OVER (ORDER BY o.due, o.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM chosen o) c
        WHERE coalesce(c.before, 0) < most_bytes),
    due AS (DELETE FROM mesh.delayed_send d WHERE d.number = ANY (ARRAY(SELECT p.number FROM page p)) RETURNING d.*),
    -- That it was accepted may be forgotten by now.
    pending AS (
        INSERT INTO mesh.call_result (slot, id, status) SELECT results_now, k.id, 'pending' FROM due k WHERE k.headers LIKE '%"mesh_keep_result"%'
        ON CONFLICT DO NOTHING),
    put AS (
        INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
            SELECT slot_now, pg_current_xact_id(), nextval('mesh.outbox_sql_id'), o.created_at, o.topic, o.key, o.id, o.type, o.source, o.data, o.headers
            FROM (SELECT u.* FROM due u ORDER BY u.due, u.number OFFSET 0) o)
    SELECT count(*), max(u.due) INTO sent, last_due FROM due u;
    IF sent > 0 THEN
        INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
            VALUES (mesh.active_slot('outbox_transaction'), pg_current_xact_id(), nextval('mesh.commit_sequence'));
    END IF;
END $$;
COMMENT ON FUNCTION mesh.put_due(timestamptz, timestamptz, integer, bigint) IS 'Moves delayed sends that are due at that moment into the SQL lane, in order; tells how many, and when the last of them was due.';

-- The same under the relay's lease: two relays at once could turn two pages of a key round. What comes back besides: in how many seconds the next one is
-- due (null: there is none).
CREATE FUNCTION mesh.send_due(IN a_lane bigint, IN mine bigint, IN not_before timestamptz, IN most integer, IN most_bytes bigint,
    OUT sent bigint, OUT last_due timestamptz, OUT next_in double precision)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    next_due timestamptz;
BEGIN
    sent := 0;
    SELECT d.due INTO next_due FROM mesh.delayed_send d WHERE d.due >= coalesce(not_before, '-infinity') ORDER BY d.due LIMIT 1;
    IF next_due <= clock_timestamp() THEN
        PERFORM FROM mesh.lane l WHERE l.id = a_lane AND l.lease_epoch = mine AND l.owner IS NOT NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the sql lane isn''t leased under epoch % any more', mine
                USING ERRCODE = 'MF001', HINT = 'Another relay has claimed it.';
        END IF;
        SELECT p.sent, p.last_due INTO sent, last_due FROM mesh.put_due(clock_timestamp(), not_before, most, most_bytes) p;
        SELECT d.due INTO next_due FROM mesh.delayed_send d WHERE d.due >= coalesce(last_due, not_before, '-infinity') ORDER BY d.due LIMIT 1;
    END IF;
    -- greatest() passes over a null.
    next_in := CASE WHEN next_due IS NOT NULL THEN greatest(extract(epoch FROM next_due - clock_timestamp()), 0) END;
END $$;
COMMENT ON FUNCTION mesh.send_due(bigint, bigint, timestamptz, integer, bigint) IS
    'Moves delayed sends that are due into the SQL lane, for the relay that has its lease.';

-- As 0004 has it; those with a time in `dues` (as long as the others, or empty) are sent then, and wait until they are due. Their sequences stay unused.
CREATE FUNCTION mesh.accept(
    a_lane bigint, mine bigint, first_seq bigint, acked bigint,
    topics text[], partitions integer[], keys text[], ids text[], types text[], sources text[], times timestamptz[],
    documents text[], headers text[], keeps boolean[], scopes text[], idempotency_keys text[], hashes bytea[], dues timestamptz[])
    RETURNS TABLE (place bigint, call_id text, same_body boolean)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    refused bigint[] := '{}';
    fresh bigint[] := '{}';
    slot_now smallint;
BEGIN
    UPDATE mesh.lane l SET next_seq = first_seq + cardinality(ids), acked_seq = greatest(l.acked_seq, acked)
        WHERE l.id = a_lane AND l.lease_epoch = mine AND l.next_seq <= first_seq;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lane % isn''t leased under epoch % any more', a_lane, mine
            USING ERRCODE = 'MF001', HINT = 'Another process has claimed it. Claim a lane anew.';
    END IF;
    IF cardinality(scopes) > 0 THEN
        -- As in mesh.admit: under this lock nobody uses another slot at the same time.
        LOCK TABLE ONLY mesh.idempotency IN ROW EXCLUSIVE MODE;
        slot_now := mesh.active_slot('idempotency');
        -- The id can't tell a repetition from the first: an event that is sent again has the same id.
        WITH firsts AS (
            SELECT DISTINCT ON (u.scope, u.key) u.scope, u.key, u.hash, u.id, u.at
            FROM unnest(scopes, idempotency_keys, hashes, ids) WITH ORDINALITY u(scope, key, hash, id, at)
            WHERE u.key IS NOT NULL
            ORDER BY u.scope, u.key, u.at),
        added AS (
            INSERT INTO mesh.idempotency (slot, scope, key, body_hash, call_id)
                SELECT slot_now, f.scope, f.key, f.hash, f.id FROM firsts f
                WHERE NOT EXISTS (SELECT FROM mesh.idempotency i WHERE i.scope = f.scope AND i.key = f.key)
                ORDER BY f.scope, f.key
            ON CONFLICT DO NOTHING RETURNING scope, key)
        SELECT coalesce(array_agg(f.at), '{}') INTO fresh FROM firsts f JOIN added a ON a.scope = f.scope AND a.key = f.key;
        FOR place, call_id, same_body IN
            SELECT u.at, i.call_id, i.body_hash = u.hash
            FROM unnest(scopes, idempotency_keys, hashes, ids) WITH ORDINALITY u(scope, key, hash, id, at)
                JOIN mesh.idempotency i ON i.scope = u.scope AND i.key = u.key
            WHERE u.key IS NOT NULL AND u.at <> ALL (fresh)
        LOOP
            refused := refused || place;
            RETURN NEXT;
        END LOOP;
    END IF;
    slot_now := mesh.active_slot('outbox');
    INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, key, id, type, source, data, headers)
        SELECT slot_now, a_lane, first_seq + u.at - 1, u.partition, u.at_time, u.topic, u.key, u.id, u.type, u.source, u.data, u.headers
        FROM unnest(topics, partitions, keys, ids, types, sources, times, documents, headers)
            WITH ORDINALITY u(topic, partition, key, id, type, source, at_time, data, headers, at)
        WHERE u.at <> ALL (refused) AND dues[u.at] IS NULL;
    IF cardinality(dues) > 0 THEN
        INSERT INTO mesh.delayed_send (due, id, topic, key, type, source, created_at, data, headers)
            SELECT dues[u.at], u.id, u.topic, u.key, u.type, u.source, u.at_time, u.data, u.headers
            FROM unnest(topics, keys, ids, types, sources, times, documents, headers)
                WITH ORDINALITY u(topic, key, id, type, source, at_time, data, headers, at)
            WHERE u.at <> ALL (refused) AND dues[u.at] IS NOT NULL ORDER BY u.at;
    END IF;
    IF true = ANY (keeps) THEN
        slot_now := mesh.active_slot('call_result');
        INSERT INTO mesh.call_result (slot, id, status)
            SELECT slot_now, u.id, 'pending' FROM unnest(ids, keeps) WITH ORDINALITY u(id, keep, at)
            WHERE u.keep AND u.at <> ALL (refused);
    END IF;
END $$;
COMMENT ON FUNCTION mesh.accept(bigint, bigint, bigint, bigint, text[], integer[], text[], text[], text[], text[], timestamptz[], text[],
    text[], boolean[], text[], text[], bytea[], timestamptz[]) IS
    'Makes messages durable in a router''s lane, and returns those whose idempotency key was known.';
-- For routers of before.
CREATE OR REPLACE FUNCTION mesh.accept(
    a_lane bigint, mine bigint, first_seq bigint, acked bigint,
    topics text[], partitions integer[], keys text[], ids text[], types text[], sources text[], times timestamptz[],
    documents text[], headers text[], keeps boolean[], scopes text[], idempotency_keys text[], hashes bytea[])
    RETURNS TABLE (place bigint, call_id text, same_body boolean)
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.place, a.call_id, a.same_body FROM mesh.accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, '{}') a
$$;

-- The topic of a call and its key by the method's rule (null: its id is to be it), where all is as it must be.
CREATE FUNCTION mesh.call_place(target text, key text, data text, OUT topic text, OUT the_key text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    path text[];
    is_exposed boolean;
    parsed constant json := data;
BEGIN
    SELECT r.topic, r.key_path, r.exposed INTO topic, path, is_exposed FROM mesh.route r WHERE r.kind = 'method' AND r.name = target LIMIT 1;
    IF topic IS NULL THEN
        RAISE EXCEPTION 'no deployed service has the method "%"', target
            USING ERRCODE = '42883', HINT = coalesce('Its methods: ' || (
                SELECT string_agg(k.name, ', ') FROM (
                    SELECT r.name FROM mesh.route r WHERE r.kind = 'method' AND r.exposed AND r.service = split_part(target, '/', 1) ORDER BY 1 LIMIT 20) k) || '.',
                'Known services: ' || (SELECT string_agg(s.name, ', ' ORDER BY s.name) FROM mesh.service s) || '. A target is written shop.Orders/place.',
                'No service is deployed yet.');
    END IF;
    IF NOT is_exposed THEN
        RAISE EXCEPTION '% can''t be called: it is @scheduleOnly', target
            USING ERRCODE = '42883', HINT = 'Only its schedule runs it, or an administrator with wasmesh schedules trigger.';
    END IF;
    IF data IS NULL THEN
        RAISE EXCEPTION 'the call of "%" has no data', target
            USING ERRCODE = '22004', HINT = 'Pass the arguments as a JSON object; {} where there are none.';
    END IF;
    IF json_typeof(parsed) <> 'object' THEN
        RAISE EXCEPTION 'the data of a call is an object of its arguments, not %', json_typeof(parsed) USING ERRCODE = '22023';
    END IF;
    the_key := coalesce(key, parsed #>> path);
    IF octet_length(the_key) NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'the key has % bytes; 1 to 1024 are allowed', octet_length(the_key) USING ERRCODE = '22023';
    END IF;
    IF octet_length(data) > 1000000 THEN
        RAISE EXCEPTION 'the data has % bytes; at most 1000000 are allowed', octet_length(data)
            USING ERRCODE = '54000', HINT = 'Store large content elsewhere and send a reference to it.';
    END IF;
END $$;
COMMENT ON FUNCTION mesh.call_place(text, text, text) IS 'The topic and the key of a call from SQL; an error that says what is wrong with it.';

CREATE OR REPLACE FUNCTION mesh.send(target text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    place record;
BEGIN
    SELECT p.topic, p.the_key INTO place FROM mesh.call_place(target, key, data) p;
    RETURN mesh.put(mesh.open_transaction(), place.topic, target, place.the_key, data);
END $$;

CREATE FUNCTION mesh.send(target text, key text, data text, due timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    now_at constant timestamptz := clock_timestamp();
    id constant text := mesh.new_id(now_at);
    place record;
BEGIN
    IF due IS NULL OR due > now_at + interval '100 years' THEN
        RAISE EXCEPTION 'the call of "%" is due %', target, coalesce('at ' || due, 'at no time')
            USING ERRCODE = '22023', HINT = 'Pass a time within a century, such as now() + interval ''1 hour''; leave it out to send at once.';
    END IF;
    IF due <= now_at THEN RETURN mesh.send(target, key, data); END IF;
    SELECT p.topic, p.the_key INTO place FROM mesh.call_place(target, key, data) p;
    INSERT INTO mesh.delayed_send (due, id, topic, key, type, source, created_at, data, headers)
        VALUES (due, id, place.topic, coalesce(place.the_key, id), target, '/sql', now_at, data,
            json_build_object('mesh_due', to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text);
    RETURN id;
END $$;
COMMENT ON FUNCTION mesh.send(text, text, text, timestamptz) IS
    'Sends a call when it is due, as part of the current transaction; returns its id. Keys as in mesh.send(text, text, text).';
CREATE FUNCTION mesh.send(target text, key text, data jsonb, due timestamptz) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.send(target, key, data::text, due)';
COMMENT ON FUNCTION mesh.send(text, text, jsonb, timestamptz) IS 'As mesh.send(text, text, text, timestamptz).';
CREATE FUNCTION mesh.send(target text, key text, data json, due timestamptz) RETURNS text
    LANGUAGE sql VOLATILE AS 'SELECT mesh.send(target, key, data::text, due)';
COMMENT ON FUNCTION mesh.send(text, text, json, timestamptz) IS 'As mesh.send(text, text, text, timestamptz).';

CREATE FUNCTION mesh.take_send_back(an_id text, an_actor text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    taken mesh.delayed_send;
BEGIN
    DELETE FROM mesh.delayed_send d WHERE d.id = an_id RETURNING d.* INTO taken;
    IF NOT FOUND THEN RETURN false; END IF;
    -- Whoever polls for it needn't wait any longer.
    IF taken.headers LIKE '%"mesh_keep_result"%' THEN
        INSERT INTO mesh.call_result (slot, id, status, data)
            VALUES (mesh.active_slot('call_result'), an_id, 'error', json_build_object('code', 'CANCELLED',
                'message', 'the call was taken back before it was sent', 'details', NULL, 'retryable', false,
                'timestamp', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text);
    END IF;
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'cancel', 'delayed send ' || an_id, jsonb_build_object('method', taken.type, 'due', taken.due));
    RETURN true;
END $$;
COMMENT ON FUNCTION mesh.take_send_back(text, text) IS 'Takes a call back that is to be sent later; false where there is none, or it is on its way already.';
CREATE FUNCTION mesh.cancel_send(an_id text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM mesh.delayed_send d WHERE d.id = an_id AND d.source = '/sql') AND mesh.take_send_back(an_id, session_user)
$$;
COMMENT ON FUNCTION mesh.cancel_send(text) IS 'Takes a call back that was sent later from SQL; false where there is none, or it is on its way already.';

-- As before, and what waits for its time is known to whoever polls for it, however long that is.
CREATE OR REPLACE FUNCTION mesh.call_results(ids text[]) RETURNS TABLE (id text, status text, data text, at timestamptz)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT DISTINCT ON (r.id) r.id, r.status, r.data, r.at
        FROM (SELECT c.id, c.status, c.data, c.at FROM unnest(ids) u(id) JOIN mesh.call_result c ON c.id = u.id
            UNION ALL
            SELECT d.id, 'pending', NULL, d.created_at FROM unnest(ids) u(id) JOIN mesh.delayed_send d ON d.id = u.id
            WHERE d.headers LIKE '%"mesh_keep_result"%') r
        ORDER BY r.id, r.status = 'pending', r.at DESC;
END $$;

CREATE OR REPLACE VIEW mesh.backlog AS
    SELECT l.kind || ' lanes' AS what, sum(greatest(l.next_seq - 1 - l.acked_seq, 0))::bigint AS messages
    FROM mesh.lane l WHERE l.kind IN ('worker', 'router') GROUP BY l.kind
    UNION ALL
    SELECT 'sql lane', (
        SELECT count(*) FROM mesh.outbox_sql o LEFT JOIN (SELECT t.upto FROM mesh.relay_tick t ORDER BY t.tick DESC LIMIT 1) k ON true
        WHERE k.upto IS NULL OR NOT pg_visible_in_snapshot(o.xid, k.upto))
    UNION ALL SELECT 'parked', (SELECT count(*) FROM mesh.parked)
    UNION ALL SELECT 'dead letters', (SELECT count(*) FROM mesh.dead_letter d WHERE d.status = 'open')
    UNION ALL SELECT 'http calls', (SELECT count(*) FROM mesh.http_call)
    -- There may be millions, and somebody looks every few seconds.
    UNION ALL SELECT 'delayed sends', (SELECT count(*) FROM (SELECT FROM mesh.delayed_send LIMIT 100001) d)
    UNION ALL SELECT 'overdue sends', (
        SELECT count(*) FROM (SELECT FROM mesh.delayed_send o WHERE o.due < clock_timestamp() - interval '10 seconds' LIMIT 100001) d);
COMMENT ON COLUMN mesh.backlog.what IS
    'What waits: worker lanes, router lanes, sql lane (to be published), parked, dead letters (open), http calls (to the outside), delayed sends (for their time; 100001 stands for more), and of those overdue sends (whose time came 10 s ago).';

-- As 0043 has it, and what was sent later.
CREATE OR REPLACE FUNCTION mesh.after_restore(an_actor text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_free constant bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    lanes constant regclass := pg_get_serial_sequence('mesh.lane', 'id');
    last_lane bigint;
    first_even bigint;
    last_tick mesh.relay_tick;
    next_of_sql bigint;
    pending bigint;
BEGIN
    -- No commit is under way from here on; who held something claims it anew.
    LOCK TABLE mesh.position IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE mesh.lane IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO last_tick FROM mesh.relay_tick t ORDER BY t.tick DESC LIMIT 1;
    IF pg_snapshot_xmax(last_tick.upto) > pg_snapshot_xmax(pg_current_snapshot()) THEN
        RAISE EXCEPTION 'these tables come from another database cluster: what mesh.emit and mesh.send wrote there can''t be told from what was written since'
            USING ERRCODE = 'MF004', HINT = 'Restore a physical backup. To move a mesh by dump and restore, see docs/operations.md.';
    END IF;
    INSERT INTO mesh.lane_gap (lane, first_seq, last_seq)
        SELECT l.id, l.next_seq, first_free - 1 FROM mesh.lane l WHERE l.kind = 'worker' AND l.next_seq < first_free;
    SELECT max(l.id) INTO last_lane FROM mesh.lane l;
    -- By the clock, as the sequences: from one backup one may restore twice, and the log has what was sent in between.
    EXECUTE format('SELECT (greatest(last_value, $1, $2) + 2) / 2 * 2 FROM %s', lanes) USING last_lane, first_free INTO first_even;
    INSERT INTO mesh.lost_lanes (first_lane, last_lane)
        SELECT greatest(last_lane + 1, s.seqstart), first_even - 1 FROM pg_sequence s WHERE s.seqrelid = lanes;
    PERFORM setval(lanes, first_even, false);
    UPDATE mesh.lane l SET lease_epoch = l.lease_epoch + 1, owner = NULL, lease_until = NULL;
    UPDATE mesh.lane l SET next_seq = greatest(l.next_seq, first_free),
            acked_seq = CASE WHEN l.acked_seq = l.next_seq - 1 THEN greatest(l.next_seq, first_free) - 1 ELSE l.acked_seq END
        WHERE l.kind <> 'sql';
    next_of_sql := greatest(coalesce(last_tick.first_seq, 1), first_free);
    -- An empty tick, from whose first sequence the relay goes on.
    INSERT INTO mesh.relay_tick (slot, tick, lease_epoch, seen, upto, first_seq, acked_seq)
        SELECT mesh.active_slot('relay_tick'), coalesce(last_tick.tick, 0) + 1, l.lease_epoch, coalesce(last_tick.upto, '3:3:'),
            coalesce(last_tick.upto, '3:3:'), next_of_sql, coalesce(last_tick.acked_seq, 0)
        FROM mesh.lane l WHERE l.kind = 'sql';
    -- What was due since the backup may have been sent: it is the last of what waits. Under these locks nobody else's transaction gets a place behind that
    -- before this one has ended, and those that have theirs have ended.
    PERFORM pg_advisory_xact_lock(1835365224, bucket) FROM generate_series(0, 255) bucket;
    PERFORM mesh.put_due(clock_timestamp(), NULL, 2147483647, 9223372036854775807);
    -- What waits is the first that it publishes, in the order of commits, which goes on.
    SELECT count(*) INTO pending FROM mesh.outbox_sql o WHERE NOT pg_visible_in_snapshot(o.xid, coalesce(last_tick.upto, '3:3:'));
    IF pending > 0 THEN
        INSERT INTO mesh.lane_doubt (lane, first_seq, last_seq)
            SELECT l.id, coalesce(last_tick.first_seq, 1), next_of_sql + pending - 1 FROM mesh.lane l WHERE l.kind = 'sql'
            ON CONFLICT (lane, first_seq) DO UPDATE SET last_seq = excluded.last_seq;
    END IF;
    UPDATE mesh.position p SET epoch = p.epoch + 1;
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'restore', 'database', jsonb_build_object('first_sequence', first_free));
END $$;


-- As 0037 has it, and mesh.cancel_send for applications.
CREATE OR REPLACE FUNCTION mesh.grant_rights() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
                WHERE p.pronamespace = 'mesh'::regnamespace AND p.proname IN ('emit', 'emit_all', 'send', 'cancel_send') LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.name, wanted);
            END LOOP;
        ELSE
            FOR f IN SELECT c.oid::regclass AS name FROM pg_class c
                WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relname <> 'admin_token' LOOP
                EXECUTE format('GRANT SELECT ON %s TO %I', f.name, wanted);
            END LOOP;
            -- The views that deploys have made: they are known by how their comments begin.
            FOR f IN SELECT c.oid::regclass AS name, n.nspname AS space FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'v' AND n.nspname <> 'mesh' AND pg_has_role(c.relowner, 'USAGE')
                    AND obj_description(c.oid, 'pg_class') ~ '^The (state of [^ ]+ \(|workflows of [^ ]+/[^ ]+,)' LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', f.space, wanted);
                EXECUTE format('GRANT SELECT ON %s TO %I', f.name, wanted);
            END LOOP;
            FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                WHERE p.pronamespace = 'mesh'::regnamespace AND (p.proname LIKE 'as\_%' OR p.proname = 'readable') LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.name, wanted);
            END LOOP;
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION mesh.send_due(bigint, bigint, timestamptz, integer, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.put_due(timestamptz, timestamptz, integer, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.call_place(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.accept(bigint, bigint, bigint, bigint, text[], integer[], text[], text[], text[], text[], timestamptz[], text[],
    text[], boolean[], text[], text[], bytea[], timestamptz[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.take_send_back(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.cancel_send(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.send(text, text, text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.send(text, text, jsonb, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.send(text, text, json, timestamptz) FROM PUBLIC;
SELECT mesh.grant_rights();
