-- Statements whose plan is made while their table is small, kept for the connection's life, and ruinous once it has grown: as functions that
-- may only use the indexes. And two things that make mesh.emit cheaper.

-- Volatile, and the lock comes first: a child may be emptied at this moment, and only a snapshot from after that sees where its leftovers went.
CREATE FUNCTION mesh.unpublished(a_lane bigint, above bigint, page bigint) RETURNS SETOF mesh.outbox
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    LOCK TABLE mesh.outbox IN ACCESS SHARE MODE;
    RETURN QUERY SELECT o.* FROM mesh.outbox o WHERE o.lane = a_lane AND o.seq > above ORDER BY o.seq LIMIT page;
END $$;
COMMENT ON FUNCTION mesh.unpublished(bigint, bigint, bigint) IS 'The rows of a lane above a sequence, in order.';

-- Only heads of keys are ever due (mesh.finish_parked makes the next one due), so no grouping is needed.
CREATE FUNCTION mesh.due_parked(
    a_group text, a_topic text, a_partition integer, upto timestamptz, page bigint, busy_services text[], busy_keys text[])
    RETURNS SETOF mesh.parked
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT p.* FROM mesh.parked p
        WHERE p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition AND p.due <= upto
            AND NOT EXISTS (SELECT FROM unnest(busy_services, busy_keys) b(service, key) WHERE b.service = p.service AND b.key = p.key)
        ORDER BY p.due, p.id LIMIT page;
END $$;
COMMENT ON FUNCTION mesh.due_parked(text, text, integer, timestamptz, bigint, text[], text[]) IS
    'Parked messages of a partition that are due, but for busy keys.';

CREATE FUNCTION mesh.next_due(a_group text, a_topic text, a_partition integer, known bigint[]) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT p.due FROM mesh.parked p
        WHERE p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition AND p.due IS NOT NULL AND p.id <> ALL (known)
        ORDER BY p.due LIMIT 1);
END $$;
COMMENT ON FUNCTION mesh.next_due(text, text, integer, bigint[]) IS 'When the next parked message of a partition is due, but for known ones.';

CREATE FUNCTION mesh.parked_followers(
    a_group text, a_topic text, a_partition integer, a_service text, a_key text, after_id bigint, page bigint)
    RETURNS SETOF mesh.parked
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT p.* FROM mesh.parked p
        WHERE p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition AND p.service = a_service AND p.key = a_key
            AND p.id > after_id
        ORDER BY p.id LIMIT page;
END $$;
COMMENT ON FUNCTION mesh.parked_followers(text, text, integer, text, text, bigint, bigint) IS 'Parked messages of a key behind one of them.';

CREATE FUNCTION mesh.park_again(
    a_group text, a_topic text, a_partition integer, ids bigint[], tries bigint[], times timestamptz[], codes text[], messages text[],
    digests text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    UPDATE mesh.parked p SET attempts = u.attempts, due = u.due, error_code = u.code, error_message = u.message, digest = u.digest
        FROM unnest(ids, tries, times, codes, messages, digests) u(id, attempts, due, code, message, digest)
        WHERE p.id = u.id AND p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition;
END $$;
COMMENT ON FUNCTION mesh.park_again(text, text, integer, bigint[], bigint[], timestamptz[], text[], text[], text[]) IS
    'Notes another failed attempt of parked messages.';

-- The final row of each call, else the pending one.
CREATE FUNCTION mesh.call_results(ids text[]) RETURNS TABLE (id text, status text, data text, at timestamptz)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT DISTINCT ON (r.id) r.id, r.status, r.data, r.at
        FROM unnest(ids) u(id) JOIN mesh.call_result r ON r.id = u.id
        ORDER BY r.id, r.status = 'pending', r.at DESC;
END $$;
COMMENT ON FUNCTION mesh.call_results(text[]) IS 'What is known of calls: the final row of each, else the pending one.';
