-- The janitor looks often, so a look must cost little: indexes instead of scans, and functions in PL/pgSQL, whose plans stay.

-- Of a child of the outbox, what some group has not consumed: the rows above `consumed`, by topic, partition and lane.
CREATE FUNCTION mesh.outbox_unconsumed(slot integer) RETURNS TABLE (topic text, partition integer, lane bigint, consumed bigint)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT g.topic, g.partition, g.lane, f.consumed
        FROM (SELECT o.topic, o.partition, o.lane, max(o.seq) AS last FROM mesh.%I o GROUP BY 1, 2, 3) g
            CROSS JOIN LATERAL (
                SELECT min(coalesce(w.seq, 0)) AS consumed FROM mesh.subscription s
                    LEFT JOIN mesh.watermark w ON w.consumer_group = s.consumer_group AND w.topic = g.topic
                        AND w.partition = g.partition AND w.lane = g.lane
                WHERE s.topic = g.topic) f
        WHERE g.last > f.consumed', 'outbox_' || slot);
END $$;
COMMENT ON FUNCTION mesh.outbox_unconsumed(integer) IS 'What some group has not consumed of a child of the outbox.';

-- How many rows of a child of the outbox are still needed; all of them above a bound count as the bound.
CREATE FUNCTION mesh.outbox_pending(slot integer, durable boolean, bound integer) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n integer;
    more integer := 0;
BEGIN
    -- A look into the index for each lane.
    EXECUTE format('SELECT count(*) FROM (SELECT FROM mesh.lane l CROSS JOIN LATERAL (
            SELECT FROM mesh.%I o WHERE o.lane = l.id AND o.seq > l.acked_seq LIMIT $1) p LIMIT $1) x', 'outbox_' || slot) INTO n USING bound;
    IF n < bound AND NOT durable THEN
        EXECUTE format('SELECT count(*) FROM (SELECT FROM mesh.outbox_unconsumed($2) u JOIN mesh.%I o
                ON o.lane = u.lane AND o.seq > u.consumed AND o.topic = u.topic AND o.partition = u.partition LIMIT $1) x', 'outbox_' || slot)
            INTO more USING bound, slot;
    END IF;
    RETURN least(n + more, bound);
END $$;
COMMENT ON FUNCTION mesh.outbox_pending(integer, boolean, integer) IS 'Whether a child of the outbox still holds what the log may not have.';

CREATE FUNCTION mesh.sweep_outbox(durable boolean, bound integer) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r mesh.rotation;
    candidate integer;
    child text;
    used integer := 0;
    scarce boolean;
    pending integer;
    locked boolean := false;
BEGIN
    SELECT * INTO r FROM mesh.rotation WHERE name = 'outbox';
    FOR slot IN 0 .. r.slots - 1 LOOP
        used := used + (NOT mesh.slot_is_empty('outbox', slot))::integer;
    END LOOP;
    scarce := used > r.slots / 2;
    FOR step IN 1 .. r.slots - 1 LOOP
        candidate := (r.active + step) % r.slots;
        child := 'outbox_' || candidate;
        CONTINUE WHEN mesh.slot_is_empty('outbox', candidate);
        BEGIN
            -- Looked at first without a lock, since it is rarely the time.
            pending := mesh.outbox_pending(candidate, durable, bound + 1);
            CONTINUE WHEN pending > 0 AND NOT scarce OR pending > bound;
            EXECUTE format('LOCK TABLE mesh.%I IN ACCESS EXCLUSIVE MODE NOWAIT', child);
            pending := mesh.outbox_pending(candidate, durable, bound + 1);
            CONTINUE WHEN pending > bound;
            IF pending > 0 THEN
                EXECUTE format('INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, key, id, type, source, data, headers)
                    SELECT $1, o.lane, o.seq, o.partition, o.created_at, o.topic, o.key, o.id, o.type, o.source, o.data, o.headers
                    FROM mesh.%1$I o JOIN mesh.lane l ON l.id = o.lane %2$s', child, CASE WHEN durable THEN 'WHERE o.seq > l.acked_seq' ELSE
                    format('LEFT JOIN mesh.outbox_unconsumed(%s) u ON u.topic = o.topic AND u.partition = o.partition AND u.lane = o.lane
                        WHERE o.seq > l.acked_seq OR o.seq > u.consumed', candidate) END)
                    USING mesh.active_slot('outbox');
            END IF;
            EXECUTE format('TRUNCATE mesh.%I', child);
            RETURN candidate;
        EXCEPTION WHEN lock_not_available THEN
            locked := true;
        END;
    END LOOP;
    RETURN CASE WHEN locked THEN -1 END;
END $$;
COMMENT ON FUNCTION mesh.sweep_outbox(boolean, integer) IS
    'Empties a child of the outbox that the log has, copying at most so many leftovers forward. -1: somebody sits on one; null: none is ready.';

CREATE FUNCTION mesh.is_consumed(a_topic text, a_partition integer, a_lane bigint, a_seq bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT FROM mesh.subscription s WHERE s.topic = a_topic
            AND NOT EXISTS (SELECT FROM mesh.watermark w WHERE w.consumer_group = s.consumer_group AND w.topic = a_topic
                AND w.partition = a_partition AND w.lane = a_lane AND w.seq >= a_seq)
            AND NOT EXISTS (SELECT FROM mesh.position p, unnest(p.completed_lanes, p.completed_seqs) c(lane, seq)
                WHERE p.consumer_group = s.consumer_group AND p.topic = a_topic AND p.partition = a_partition
                    AND c.lane = a_lane AND c.seq = a_seq));
END $$;
COMMENT ON FUNCTION mesh.is_consumed(text, integer, bigint, bigint) IS 'Whether every group that reads the topic has consumed a message.';

CREATE FUNCTION mesh.sweep_sql_lane(rotated text) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r mesh.rotation;
    needed record := NULL;
    candidate integer;
    child text;
    locked boolean := false;
BEGIN
    SELECT * INTO r FROM mesh.rotation WHERE name = rotated;
    FOR step IN 1 .. r.slots - 1 LOOP
        candidate := (r.active + step) % r.slots;
        child := rotated || '_' || candidate;
        CONTINUE WHEN mesh.slot_is_empty(rotated, candidate);
        IF needed IS NULL THEN
            SELECT * INTO needed FROM mesh.needed_tick();
            IF needed.tick IS NULL THEN RETURN NULL; END IF;
        END IF;
        -- Looked at without the lock, and again under it: somebody may have written with an old slot in between.
        CONTINUE WHEN mesh.is_needed(rotated, child, needed.tick, needed.seen);
        BEGIN
            EXECUTE format('LOCK TABLE mesh.%I IN ACCESS EXCLUSIVE MODE NOWAIT', child);
            IF NOT mesh.is_needed(rotated, child, needed.tick, needed.seen) THEN
                EXECUTE format('TRUNCATE mesh.%I', child);
                RETURN candidate;
            END IF;
            RAISE lock_not_available;
        EXCEPTION WHEN lock_not_available THEN
            locked := true;
        END;
    END LOOP;
    RETURN CASE WHEN locked THEN -1 END;
END $$;
COMMENT ON FUNCTION mesh.sweep_sql_lane(text) IS
    'Empties a child of outbox_sql, outbox_transaction or relay_tick that nobody needs any more. -1: somebody sits on one; null: none is ready.';
