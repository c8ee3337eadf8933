-- A tick of the relay opens every child of the SQL lane's tables, so it matters how many there are: four do. Each transaction with messages
-- is sure to have its place now, so a page needn't look for those without. And what runs per tick or batch is in PL/pgSQL, whose
-- plans stay, where a function in SQL is made ready anew for each query.

DO $$ DECLARE rotated text; BEGIN
    FOREACH rotated IN ARRAY ARRAY['outbox_sql', 'outbox_transaction'] LOOP
        -- A database that is in use keeps its children.
        CONTINUE WHEN mesh.active_slot(rotated) > 3 OR NOT (
            SELECT bool_and(mesh.slot_is_empty(rotated, slot)) FROM generate_series(4, 7) slot);
        FOR slot IN 4 .. 7 LOOP
            EXECUTE format('DROP TABLE mesh.%I', rotated || '_' || slot);
        END LOOP;
        UPDATE mesh.rotation SET slots = 4 WHERE name = rotated;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION mesh.seal_transaction() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own constant text := pg_current_xact_id()::text || ':';
    touched constant text := current_setting('mesh.buckets', true);
    buckets text := substr(touched, length(own) + 1);
BEGIN
    IF NEW.commit_seq > 0 THEN RETURN NULL; END IF;
    -- Somebody may have written into the setting; then all buckets are locked, which is slow and right.
    IF starts_with(touched, own) IS NOT TRUE OR length(buckets) <> 256 OR translate(buckets, '012', '') <> '' THEN
        buckets := repeat('1', 256);
    END IF;
    FOR bucket IN 0 .. 255 LOOP
        IF substr(buckets, bucket + 1, 1) <> '0' THEN
            PERFORM pg_advisory_xact_lock(1835365224, bucket);
        END IF;
    END LOOP;
    INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
        SELECT r.active, pg_current_xact_id(), nextval('mesh.commit_sequence') FROM mesh.rotation r WHERE r.name = 'outbox_transaction';
    PERFORM set_config('mesh.buckets', own || translate(buckets, '1', '2'), true);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION mesh.put(a_slot smallint, a_topic text, a_type text, a_key text, a_data text,
    an_id text DEFAULT NULL, a_source text DEFAULT '/sql', some_headers text DEFAULT NULL, a_time timestamptz DEFAULT NULL)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    now_at constant timestamptz := coalesce(a_time, clock_timestamp());
    new_id constant text := coalesce(an_id, mesh.new_id(now_at));
    the_key constant text := coalesce(a_key, new_id);
    bucket constant integer := (hashtext(the_key) & 255) + 1;
    own constant text := pg_current_xact_id()::text || ':';
    touched text := current_setting('mesh.buckets', true);
    place constant integer := length(own) + bucket;
BEGIN
    IF octet_length(the_key) NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'the key has % bytes; 1 to 1024 are allowed', octet_length(the_key) USING ERRCODE = '22023';
    END IF;
    IF octet_length(a_data) > 1000000 THEN
        RAISE EXCEPTION 'the data has % bytes; at most 1000000 are allowed', octet_length(a_data)
            USING ERRCODE = '54000', HINT = 'Store large content elsewhere and send a reference to it.';
    END IF;
    -- The setting holds a digit for each bucket: 0 untouched, 1 touched, 2 locked. It ends with the transaction, and a rollback to a savepoint
    -- takes it back together with the rows. It begins with the transaction's number, so that what stands there by accident isn't ours.
    IF starts_with(touched, own) IS NOT TRUE THEN
        PERFORM set_config('mesh.buckets', own || overlay(repeat('0', 256) PLACING '1' FROM bucket FOR 1), true);
        INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
            SELECT r.active, pg_current_xact_id(), 0 FROM mesh.rotation r WHERE r.name = 'outbox_transaction';
    ELSIF substr(touched, place, 1) = '0' THEN
        PERFORM set_config('mesh.buckets', overlay(touched PLACING '1' FROM place FOR 1), true);
        -- The place was drawn already (constraints are immediate), and this bucket isn't locked yet: draw another.
        IF position('2' IN substr(touched, length(own) + 1)) > 0 THEN
            INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
                SELECT r.active, pg_current_xact_id(), 0 FROM mesh.rotation r WHERE r.name = 'outbox_transaction';
        END IF;
    END IF;
    INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
        VALUES (a_slot, pg_current_xact_id(), nextval('mesh.outbox_sql_id'), now_at, a_topic, the_key, new_id, a_type, a_source, a_data,
            some_headers);
    RETURN new_id;
END $$;

-- A page of a tick in order, after a place in it: the rest of the transaction the last page ended in, then the ones after it.
CREATE OR REPLACE FUNCTION mesh.relay_page(a_tick bigint, after_place bigint, after_id bigint, page integer)
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
    ended := ARRAY(SELECT x FROM pg_snapshot_xip(s1) x WHERE pg_visible_in_snapshot(x, s2));
    IF after_place <= 0 THEN
        -- The index on commit_seq would be walked from its start, through all that was delivered long ago.
        -- Two queries, since an OR of the two couldn't use the index.
        lowest := least(
            (SELECT min(t.commit_seq + 0) FROM mesh.outbox_transaction t WHERE t.commit_seq > 0
                AND t.xid >= pg_snapshot_xmax(s1) AND t.xid < pg_snapshot_xmax(s2) AND pg_visible_in_snapshot(t.xid, s2)),
            (SELECT min(t.commit_seq + 0) FROM mesh.outbox_transaction t WHERE t.commit_seq > 0 AND t.xid = ANY (ended)));
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

CREATE OR REPLACE FUNCTION mesh.active_slot(rotated text) RETURNS smallint
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT r.active FROM mesh.rotation r WHERE r.name = rotated);
END $$;

-- Makes a tick if there is something to deliver. `upto` comes back in any case, for the relay to go on from.
CREATE OR REPLACE FUNCTION mesh.relay_tick(
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
    ended := ARRAY(SELECT x FROM pg_snapshot_xip(s1) x WHERE pg_visible_in_snapshot(x, s2));
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

DROP FUNCTION mesh.ended_since(pg_snapshot, pg_snapshot);
