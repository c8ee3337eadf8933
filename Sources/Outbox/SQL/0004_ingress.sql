-- What routers read and write: idempotency keys, their lanes, their partitions of mesh.replies.

CREATE TABLE mesh.idempotency (
    slot smallint NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    call_id text NOT NULL
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('idempotency', 6, '(scope, key)', true);
COMMENT ON TABLE mesh.idempotency IS 'Idempotency keys of requests, kept for deduplication_hours: a repeated request gets the first one''s answer.';
COMMENT ON COLUMN mesh.idempotency.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.idempotency.scope IS 'The method; keys of different methods don''t meet.';
COMMENT ON COLUMN mesh.idempotency.key IS 'The request''s Idempotency-Key.';
COMMENT ON COLUMN mesh.idempotency.body_hash IS 'A hash of the request''s body: another body under the same key is a conflict.';
COMMENT ON COLUMN mesh.idempotency.call_id IS 'The call that the first request became.';

CREATE TABLE mesh.reply_lease (
    partition integer PRIMARY KEY,
    owner text,
    epoch bigint NOT NULL DEFAULT 0,
    lease_until timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE mesh.reply_lease IS 'Which router reads which partition of mesh.replies.';
COMMENT ON COLUMN mesh.reply_lease.partition IS 'The partition.';
COMMENT ON COLUMN mesh.reply_lease.owner IS 'The router; null when free.';
COMMENT ON COLUMN mesh.reply_lease.epoch IS 'Rises with each lease.';
COMMENT ON COLUMN mesh.reply_lease.lease_until IS 'When the lease ends unless it is renewed.';

-- Leases a free router lane. `abandoned` takes only one whose holder has gone and left rows that may not be in the log.
CREATE FUNCTION mesh.claim_router_lane(an_owner text, seconds double precision, abandoned boolean) RETURNS SETOF mesh.lane
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chosen bigint;
BEGIN
    SELECT l.id INTO chosen FROM mesh.lane l
        WHERE l.kind = 'router' AND (l.owner IS NULL OR l.lease_until < clock_timestamp())
            AND (l.next_seq - 1 > l.acked_seq OR NOT abandoned)
        ORDER BY l.next_seq - 1 > l.acked_seq DESC, l.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF chosen IS NULL THEN
        IF abandoned THEN RETURN; END IF;
        INSERT INTO mesh.lane (kind, name) VALUES ('router', 'router-' || nextval('mesh.router_lane')) RETURNING id INTO chosen;
    END IF;
    RETURN QUERY UPDATE mesh.lane l
        SET owner = an_owner, lease_epoch = l.lease_epoch + 1, lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE l.id = chosen RETURNING l.*;
END $$;
CREATE SEQUENCE mesh.router_lane;
COMMENT ON SEQUENCE mesh.router_lane IS 'Numbers the routers'' lanes.';
COMMENT ON FUNCTION mesh.claim_router_lane(text, double precision, boolean) IS 'Leases a free router lane, making one where there is none.';

-- Renews a leased lane (router or sql), or gives it back where `seconds` is null; MF001 where it is somebody else's.
CREATE FUNCTION mesh.renew_lane(a_lane bigint, mine bigint, acked bigint, seconds double precision) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE mesh.lane l SET acked_seq = greatest(l.acked_seq, acked),
            owner = CASE WHEN seconds IS NOT NULL THEN l.owner END,
            lease_until = CASE WHEN seconds IS NOT NULL THEN clock_timestamp() + make_interval(secs => seconds) END
        WHERE l.id = a_lane AND l.lease_epoch = mine AND l.owner IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lane % isn''t leased under epoch % any more', a_lane, mine
            USING ERRCODE = 'MF001', HINT = 'Another process has claimed it. Claim a lane anew.';
    END IF;
END $$;
COMMENT ON FUNCTION mesh.renew_lane(bigint, bigint, bigint, double precision) IS 'Renews the lease of a lane, or gives it back.';

-- Makes requests durable. Returns those that weren't accepted: their idempotency key was used before.
CREATE FUNCTION mesh.accept(
    a_lane bigint, mine bigint, first_seq bigint, acked bigint,
    topics text[], partitions integer[], keys text[], ids text[], types text[], sources text[], times timestamptz[],
    documents text[], headers text[], keeps boolean[], scopes text[], idempotency_keys text[], hashes bytea[])
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
        WHERE u.at <> ALL (refused);
    IF true = ANY (keeps) THEN
        slot_now := mesh.active_slot('call_result');
        INSERT INTO mesh.call_result (slot, id, status)
            SELECT slot_now, u.id, 'pending' FROM unnest(ids, keeps) WITH ORDINALITY u(id, keep, at)
            WHERE u.keep AND u.at <> ALL (refused);
    END IF;
END $$;
COMMENT ON FUNCTION mesh.accept(bigint, bigint, bigint, bigint, text[], integer[], text[], text[], text[], text[], timestamptz[], text[],
    text[], boolean[], text[], text[], bytea[]) IS
    'Makes requests durable in one statement: idempotency keys, outbox rows, pending results; returns those whose key was used before.';

CREATE FUNCTION mesh.lease_replies(an_owner text, count integer, seconds double precision)
    RETURNS TABLE (partition integer, epoch bigint)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    chosen integer;
BEGIN
    INSERT INTO mesh.reply_lease (partition) SELECT generate_series(0, count - 1) ON CONFLICT DO NOTHING;
    SELECT l.partition INTO chosen FROM mesh.reply_lease l
        WHERE l.partition < count AND (l.owner IS NULL OR l.lease_until < clock_timestamp())
        ORDER BY l.lease_until NULLS FIRST, l.partition LIMIT 1 FOR UPDATE SKIP LOCKED;
    RETURN QUERY UPDATE mesh.reply_lease l
        SET owner = an_owner, epoch = l.epoch + 1, lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE l.partition = chosen RETURNING l.partition, l.epoch;
END $$;
COMMENT ON FUNCTION mesh.lease_replies(text, integer, double precision) IS 'Leases a free partition of mesh.replies; no row when all are taken.';

CREATE FUNCTION mesh.renew_replies(a_partition integer, mine bigint, seconds double precision) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE mesh.reply_lease l SET owner = CASE WHEN seconds IS NOT NULL THEN l.owner END,
            lease_until = CASE WHEN seconds IS NOT NULL THEN clock_timestamp() + make_interval(secs => seconds) END
        WHERE l.partition = a_partition AND l.epoch = mine AND l.owner IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'partition % of mesh.replies isn''t leased under epoch % any more', a_partition, mine
            USING ERRCODE = 'MF001', HINT = 'Another router has leased it. Lease one anew.';
    END IF;
END $$;
COMMENT ON FUNCTION mesh.renew_replies(integer, bigint, double precision) IS 'Renews the lease of a partition of mesh.replies, or gives it back.';
