-- How the space of rotated tables comes back: Sources/Outbox/Janitor calls these. Each call is a transaction of its own and holds its
-- locks for that long; locks that somebody may sit on are asked for with NOWAIT or a short timeout, and the next round tries again.

INSERT INTO mesh.setting (name, value) VALUES ('broker_epoch', '1');

-- Which group reads which topic.
CREATE VIEW mesh.subscription AS
    SELECT DISTINCT r.topic, r.service AS consumer_group FROM mesh.route r WHERE r.kind IN ('method', 'handler');
COMMENT ON VIEW mesh.subscription IS 'Which service reads which topic; each has positions of its own, so to the store it is a consumer group.';
COMMENT ON COLUMN mesh.subscription.topic IS 'The topic.';
COMMENT ON COLUMN mesh.subscription.consumer_group IS 'The service, qualified.';

CREATE FUNCTION mesh.slot_is_empty(rotated text, slot integer) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN pg_relation_size(format('mesh.%I', rotated || '_' || slot)::regclass) = 0;
END $$;
COMMENT ON FUNCTION mesh.slot_is_empty(text, integer) IS 'Whether a child of a rotated table holds no page.';

-- Moves writers on to the next empty child; null when none is empty (then the active one goes on growing).
-- With `exclusive` no transaction that writes is under way at the moment of the move, as mesh.admit and mesh.accept need it.
CREATE FUNCTION mesh.move_slot(rotated text, exclusive boolean) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r mesh.rotation;
    candidate integer;
BEGIN
    IF exclusive THEN
        EXECUTE format('LOCK TABLE ONLY mesh.%I IN SHARE ROW EXCLUSIVE MODE', rotated);
    END IF;
    SELECT * INTO r FROM mesh.rotation WHERE name = rotated FOR UPDATE;
    FOR step IN 1 .. r.slots - 1 LOOP
        candidate := (r.active + step) % r.slots;
        IF mesh.slot_is_empty(rotated, candidate) THEN
            UPDATE mesh.rotation SET active = candidate, moved_at = clock_timestamp() WHERE name = rotated;
            RETURN candidate;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mesh.move_slot(text, boolean) IS 'Moves the writers of a rotated table on to its next empty child.';

-- A size-rotated table moves on when the active child is full.
CREATE FUNCTION mesh.move_slot_if_full(rotated text, bytes bigint) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_relation_size(format('mesh.%I', rotated || '_' || mesh.active_slot(rotated))::regclass) < bytes THEN
        RETURN NULL;
    END IF;
    RETURN mesh.move_slot(rotated, false);
END $$;
COMMENT ON FUNCTION mesh.move_slot_if_full(text, bigint) IS 'Moves on when the active child is larger than so many bytes.';

-- A time-rotated table moves on when its period is over, after the oldest child, past its time, was emptied.
CREATE FUNCTION mesh.move_slot_if_old(rotated text, period interval) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    r mesh.rotation;
    oldest text;
BEGIN
    SELECT * INTO r FROM mesh.rotation WHERE name = rotated;
    IF r.moved_at + period > clock_timestamp() THEN RETURN NULL; END IF;
    oldest := rotated || '_' || (r.active + 1) % r.slots;
    EXECUTE format('LOCK TABLE mesh.%I IN ACCESS EXCLUSIVE MODE NOWAIT', oldest);
    EXECUTE format('TRUNCATE mesh.%I', oldest);
    RETURN mesh.move_slot(rotated, true);
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mesh.move_slot_if_old(text, interval) IS 'Moves on when the active child''s period is over, emptying the oldest child.';

-- The first tick that may have to be published again, or the last one. Sequences rise with ticks, so it is found from the end; the relay
-- never says less is safe than it said before, but for a short while after it has started.
CREATE FUNCTION mesh.needed_tick(OUT tick bigint, OUT seen pg_snapshot)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    done bigint;
BEGIN
    SELECT max(l.acked_seq) INTO done FROM (SELECT k.acked_seq FROM mesh.relay_tick k ORDER BY k.tick DESC LIMIT 1000) l;
    SELECT k.tick, k.seen INTO tick, seen FROM mesh.relay_tick k WHERE k.first_seq <= done + 1 ORDER BY k.tick DESC LIMIT 1;
    IF tick IS NULL THEN
        SELECT k.tick, k.seen INTO tick, seen FROM mesh.relay_tick k ORDER BY k.tick LIMIT 1;
    END IF;
END $$;
COMMENT ON FUNCTION mesh.needed_tick() IS 'The first tick of the relay that may have to be published again.';

-- Whether a child of a table of the SQL lane holds what a tick from the needed one on delivers. What isn't visible in a snapshot is at or
-- above its end, or in its list: both are looked up, nothing is scanned.
CREATE FUNCTION mesh.is_needed(rotated text, child text, needed bigint, seen pg_snapshot) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    still boolean;
BEGIN
    IF rotated = 'relay_tick' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM mesh.%I WHERE tick >= $1)', child) INTO still USING needed;
    ELSE
        EXECUTE format('SELECT EXISTS (SELECT FROM mesh.%1$I WHERE xid >= $1 %2$s) OR EXISTS (SELECT FROM mesh.%1$I WHERE xid = ANY ($2) %2$s)',
            child, CASE rotated WHEN 'outbox_transaction' THEN 'AND commit_seq > 0' ELSE '' END)
            INTO still USING pg_snapshot_xmax(seen), ARRAY(SELECT pg_snapshot_xip(seen));
    END IF;
    RETURN still;
END $$;
COMMENT ON FUNCTION mesh.is_needed(text, text, bigint, pg_snapshot) IS 'Whether a child of a table of the SQL lane is still needed.';

-- The broker came back without topics it had: everything that wasn't consumed is to be published again. Every owner is fenced and claims
-- anew. `observed` is the broker epoch that the caller knew, so that of several who notice only the first does it.
-- The new epochs make every record of the old ones stale, in whatever topic it stands: so what went to topics that are there still is
-- published again as well. A durable broker's records aren't kept here once they are acknowledged, so with one they don't become stale.
CREATE FUNCTION mesh.broker_reset(lost text[], observed bigint, an_actor text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    durable boolean := coalesce(mesh.setting_value('broker_durable'), 'true')::boolean;
BEGIN
    UPDATE mesh.setting SET value = (observed + 1)::text, updated_at = now() WHERE name = 'broker_epoch' AND value = observed::text;
    IF NOT FOUND THEN RETURN false; END IF;
    -- No commit is under way from here on.
    LOCK TABLE mesh.position IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE mesh.lane IN SHARE ROW EXCLUSIVE MODE;
    WITH first_pending AS (
        SELECT o.lane, min(o.seq) AS seq FROM mesh.outbox o JOIN mesh.lane l ON l.id = o.lane
        WHERE o.seq > l.acked_seq
            OR ((NOT durable OR o.topic = ANY (lost)) AND NOT mesh.is_consumed(o.topic, o.partition, o.lane, o.seq))
        GROUP BY o.lane)
    UPDATE mesh.lane l SET epoch = l.epoch + (NOT durable)::integer, lease_epoch = l.lease_epoch + 1, owner = NULL, lease_until = NULL,
            acked_seq = least(l.acked_seq, coalesce((SELECT f.seq - 1 FROM first_pending f WHERE f.lane = l.id), l.acked_seq));
    -- What was done above next_offset stays known by lane and sequence (completed_lanes, completed_seqs): its offsets mean nothing now.
    UPDATE mesh.position p SET epoch = p.epoch + 1,
        next_offset = CASE WHEN p.topic = ANY (lost) THEN 0 ELSE p.next_offset END,
        completed = CASE WHEN p.topic = ANY (lost) THEN ''::bytea ELSE p.completed END,
        log_end = CASE WHEN p.topic = ANY (lost) THEN 0 ELSE p.log_end END;
    INSERT INTO mesh.fact (actor, action, subject, details) VALUES (an_actor, 'reset', 'broker', jsonb_build_object('lost', lost));
    RETURN true;
END $$;
COMMENT ON FUNCTION mesh.broker_reset(text[], bigint, text) IS 'Makes everything that wasn''t consumed of lost topics be published again.';

-- The relay's lease of the sql lane: null while another relay holds it.
CREATE FUNCTION mesh.claim_relay(an_owner text, seconds double precision) RETURNS SETOF mesh.lane
    LANGUAGE sql AS $$
    UPDATE mesh.lane l SET owner = an_owner, lease_epoch = l.lease_epoch + 1,
            lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE l.kind = 'sql' AND (l.owner IS NULL OR l.lease_until < clock_timestamp()) RETURNING l.*
$$;
COMMENT ON FUNCTION mesh.claim_relay(text, double precision) IS 'Leases the sql lane to a relay; no row while another holds it.';

-- Raises MF001 unless the lease is held, and keeps it so until the end of the transaction.
CREATE FUNCTION mesh.check_lease(a_lane bigint, mine bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM mesh.lane l WHERE l.id = a_lane AND l.lease_epoch = mine AND l.owner IS NOT NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lane % isn''t leased under epoch % any more', a_lane, mine USING ERRCODE = 'MF001';
    END IF;
END $$;
COMMENT ON FUNCTION mesh.check_lease(bigint, bigint) IS 'Raises MF001 unless the lease of a lane is held.';

-- The ticks that a relay has to go through when it takes over: the needed one and those after it.
CREATE FUNCTION mesh.relay_recovery() RETURNS TABLE (tick bigint, upto text, first_seq bigint, done_seq bigint)
    LANGUAGE sql STABLE AS $$
    SELECT t.tick, t.upto::text, t.first_seq, (SELECT max(d.acked_seq) FROM mesh.relay_tick d)
    FROM mesh.relay_tick t WHERE t.tick >= (SELECT n.tick FROM mesh.needed_tick() n) ORDER BY t.tick
$$;
COMMENT ON FUNCTION mesh.relay_recovery() IS 'The ticks that a relay has to go through when it takes over.';
