-- Looking up many rows at a time looks each of them up, whatever the planner believes of the table. Joined with the list of what is wanted, it took
-- everything of the partition (or of the group) for each entry of that list, where the table was small when it was last analyzed: 500 of 50,000
-- parked messages took 15 s, 20,000 timers minutes, in which their partition stood still. Here no condition on constants alone can use an index,
-- or the look-up is a subquery that is planned by itself.

CREATE OR REPLACE FUNCTION mesh.remove_timers(
    a_service text, a_partition integer, ids text[], runs integer[], ops integer[], attempts integer[], kinds text[], times timestamptz[])
    RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    -- OFFSET 0: planned by itself.
    DELETE FROM mesh.timer t WHERE t.ctid = ANY (ARRAY(
        SELECT found.place FROM unnest(ids, runs, ops, attempts, kinds, times) u(id, run, op, attempt, kind, due)
            CROSS JOIN LATERAL (
                SELECT x.ctid AS place FROM mesh.timer x
                WHERE x.service = a_service AND x.partition = a_partition AND x.due = u.due AND x.id = u.id AND x.run = u.run
                    AND x.op = u.op AND x.attempt = u.attempt AND x.kind = u.kind OFFSET 0) found));
END $$;

CREATE OR REPLACE FUNCTION mesh.known_ids(a_group text, ids text[]) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT u.id FROM unnest(ids) u(id)
        CROSS JOIN LATERAL (SELECT FROM mesh.inbox i WHERE i.consumer_group = a_group AND i.id = u.id LIMIT 1) found;
END $$;

CREATE OR REPLACE FUNCTION mesh.admit(a_group text, ids text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    slot_now smallint;
    fresh text[];
    known bigint[];
BEGIN
    LOCK TABLE ONLY mesh.inbox IN ROW EXCLUSIVE MODE;
    slot_now := mesh.active_slot('inbox');
    WITH added AS (
        INSERT INTO mesh.inbox (slot, consumer_group, id)
            SELECT slot_now, a_group, u.id FROM unnest(ids) u(id) ORDER BY u.id
        ON CONFLICT DO NOTHING RETURNING id)
    SELECT array_agg(a.id) INTO fresh FROM added a;
    SELECT array_agg(u.at) INTO known FROM unnest(ids) WITH ORDINALITY u(id, at)
        CROSS JOIN LATERAL (SELECT FROM mesh.inbox i WHERE i.consumer_group = a_group AND i.id = u.id AND i.slot <> slot_now LIMIT 1) found;
    IF cardinality(fresh) IS DISTINCT FROM cardinality(ids) THEN
        known := coalesce(known, '{}') || ARRAY(
            SELECT u.at FROM unnest(ids) WITH ORDINALITY u(id, at) WHERE u.id <> ALL (coalesce(fresh, '{}')));
    END IF;
    IF known IS NOT NULL THEN
        RAISE EXCEPTION '% ids are in the inbox already', cardinality(known)
            USING ERRCODE = 'MF003', DETAIL = array_to_string(known, ',');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION mesh.parked_counts(a_group text, a_topic text, a_partition integer, services text[], keys text[])
    RETURNS TABLE (place bigint, count bigint)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT u.at, of_key.n FROM unnest(services, keys) WITH ORDINALITY u(service, key, at)
        CROSS JOIN LATERAL (SELECT count(*) AS n FROM mesh.parked p
            WHERE p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition
                AND p.service = u.service AND p.key = u.key) of_key
        WHERE of_key.n > 0;
END $$;

CREATE OR REPLACE FUNCTION mesh.finish_parked(a_group text, a_topic text, a_partition integer, ids bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    services text[];
    keys text[];
BEGIN
    WITH gone AS (
        DELETE FROM mesh.parked p WHERE p.id = ANY (ids)
            AND (p.consumer_group, p.topic, p.partition) IS NOT DISTINCT FROM (a_group, a_topic, a_partition)
        RETURNING p.service, p.key),
    touched AS (SELECT DISTINCT g.service, g.key FROM gone g)
    SELECT array_agg(t.service), array_agg(t.key) INTO services, keys FROM touched t;
    UPDATE mesh.parked p SET due = now()
        FROM unnest(services, keys) u(service, key)
        WHERE p.due IS NULL AND p.id = (
            SELECT n.id FROM mesh.parked n
            WHERE n.consumer_group = a_group AND n.topic = a_topic AND n.partition = a_partition
                AND n.service = u.service AND n.key = u.key
            ORDER BY n.id LIMIT 1);
END $$;

CREATE OR REPLACE FUNCTION mesh.park_again(
    a_group text, a_topic text, a_partition integer, ids bigint[], tries bigint[], times timestamptz[], codes text[], messages text[],
    digests text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    UPDATE mesh.parked p SET attempts = u.attempts, due = u.due, error_code = u.code, error_message = u.message, digest = u.digest
        FROM unnest(ids, tries, times, codes, messages, digests) u(id, attempts, due, code, message, digest)
        WHERE p.id = u.id AND (p.consumer_group, p.topic, p.partition) IS NOT DISTINCT FROM (a_group, a_topic, a_partition);
END $$;

CREATE OR REPLACE FUNCTION mesh.due_parked(
    a_group text, a_topic text, a_partition integer, upto timestamptz, page bigint, busy_services text[], busy_keys text[])
    RETURNS SETOF mesh.parked
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT p.* FROM mesh.parked p
        WHERE p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition AND p.due <= upto
            -- Hashed, as NOT EXISTS wouldn't be.
            AND (p.service, p.key) NOT IN (SELECT b.service, b.key FROM unnest(busy_services, busy_keys) b(service, key))
        ORDER BY p.due, p.id LIMIT page;
END $$;

CREATE OR REPLACE FUNCTION mesh.due_timers(a_service text, a_partition integer, upto timestamptz, page bigint, busy text[]) RETURNS SETOF mesh.timer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT t.* FROM mesh.timer t
        WHERE t.service = a_service AND t.partition = a_partition AND t.due <= upto AND t.id NOT IN (SELECT b.id FROM unnest(busy) b(id))
        ORDER BY t.due, t.id, t.run, t.op LIMIT page;
END $$;
