-- What two at once, an unbroken row of commits, long lives and a clock that goes back did to the bounds.

-- Of the last two administrators each would see the other's token as good: so they come one after the other, as with the first token.
CREATE FUNCTION mesh.revoke_token(an_id bigint, an_actor text) RETURNS text
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    revoked text;
BEGIN
    LOCK TABLE mesh.admin_token IN SHARE ROW EXCLUSIVE MODE;
    UPDATE mesh.admin_token t SET revoked_at = now() WHERE t.id = an_id AND t.revoked_at IS NULL
        AND (t.roles IS NOT NULL OR EXISTS (
            SELECT FROM mesh.admin_token o WHERE o.id <> t.id AND o.revoked_at IS NULL AND o.roles IS NULL))
        RETURNING t.name INTO revoked;
    IF FOUND THEN
        INSERT INTO mesh.fact (actor, action, subject, details)
            VALUES (an_actor, 'revoke token', revoked, jsonb_build_object('id', an_id));
    END IF;
    RETURN revoked;
END $$;
COMMENT ON FUNCTION mesh.revoke_token(bigint, text) IS
    'Takes a token back and returns its name; null where there is none that is good, or it is the last one of an administrator.';
REVOKE ALL ON FUNCTION mesh.revoke_token(bigint, text) FROM PUBLIC;

-- As 0006 has it, but the parent is locked first. Its users hold some child all the time where commits follow each other without a gap, so a child
-- alone is never free; and who held one and then waited for the parent would wait for a janitor that waits for them. At the parent all that write
-- queue up for a moment, and those before them end.
CREATE OR REPLACE FUNCTION mesh.move_slot_if_old(rotated text, period interval) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    r mesh.rotation;
    oldest text;
BEGIN
    SELECT * INTO r FROM mesh.rotation WHERE name = rotated;
    IF r.moved_at + period > clock_timestamp() THEN RETURN NULL; END IF;
    oldest := rotated || '_' || (r.active + 1) % r.slots;
    EXECUTE format('LOCK TABLE ONLY mesh.%I IN SHARE ROW EXCLUSIVE MODE', rotated);
    EXECUTE format('LOCK TABLE mesh.%I IN ACCESS EXCLUSIVE MODE', oldest);
    EXECUTE format('TRUNCATE mesh.%I', oldest);
    RETURN mesh.move_slot(rotated, true);
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN NULL;
END $$;

ALTER TABLE mesh.journal_child ADD COLUMN needed bigint;
COMMENT ON COLUMN mesh.journal_child.needed IS 'How many of its entries were needed then.';
-- So that they are counted soon.
UPDATE mesh.journal_child SET looked_at = NULL;

-- Whether a child has to be emptied though most of it is needed: no other is empty, so writers can't move on, and of those that are past the
-- retention, all of which were counted, none is needed less.
CREATE FUNCTION mesh.is_journal_child_due(candidate integer, entries bigint) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r mesh.rotation;
BEGIN
    SELECT * INTO r FROM mesh.rotation WHERE name = 'journal';
    FOR child IN 0 .. r.slots - 1 LOOP
        IF child <> r.active AND mesh.slot_is_empty('journal', child) THEN RETURN false; END IF;
    END LOOP;
    RETURN NOT EXISTS (SELECT FROM mesh.journal_child o
        WHERE o.slot <> candidate AND o.slot <> r.active AND o.closed_at < now() - mesh.shortest_retention()
            AND (o.needed IS NULL OR o.needed < entries));
END $$;
COMMENT ON FUNCTION mesh.is_journal_child_due(integer, bigint) IS
    'Whether a child of the journal that is needed for the most part is emptied all the same: no other is empty, or needed less.';
REVOKE ALL ON FUNCTION mesh.is_journal_child_due(integer, bigint) FROM PUBLIC;

-- As 0016 has it, but while no child is empty the least needed one is emptied: else children of which workflows that live for months need more
-- than half would stay for as long, and the active one would take all that comes meanwhile. Each gets its turn to be counted.
CREATE OR REPLACE FUNCTION mesh.sweep_journal() RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    candidate integer;
    child text;
    total bigint;
    entries bigint;
BEGIN
    SELECT c.slot INTO candidate FROM mesh.journal_child c
        WHERE c.slot <> mesh.active_slot('journal') AND c.closed_at < now() - mesh.shortest_retention()
            AND (c.looked_at IS NULL OR c.looked_at < now() - least(mesh.shortest_retention() / 16, interval '10 minutes'))
        ORDER BY c.looked_at NULLS FIRST, c.closed_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF candidate IS NULL THEN RETURN NULL; END IF;
    child := 'journal_' || candidate;
    -- Whoever still writes with the old slot ends first; readers go on until the very end.
    BEGIN
        EXECUTE format('LOCK TABLE mesh.%I IN SHARE MODE NOWAIT', child);
        EXECUTE format('SELECT count(*) FROM mesh.%I', child) INTO total;
        SELECT count(*) INTO entries FROM mesh.journal_needed(candidate);
        IF entries > total / 2 AND entries > 1000 AND NOT mesh.is_journal_child_due(candidate, entries) THEN
            UPDATE mesh.journal_child c SET looked_at = clock_timestamp(), needed = entries WHERE c.slot = candidate;
            RETURN NULL;
        END IF;
        INSERT INTO mesh.journal (slot, service, id, seq, run, kind, op, name, label, key, request, result, details, due, attempt, at, state)
            SELECT mesh.active_slot('journal'), n.service, n.id, n.seq, n.run, n.kind, n.op, n.name, n.label, n.key, n.request, n.result,
                n.details, n.due, n.attempt, n.at, n.state
            FROM mesh.journal_needed(candidate) n;
        PERFORM mesh.lock_soon(child);
        EXECUTE format('TRUNCATE mesh.%I', child);
        DELETE FROM mesh.journal_child c WHERE c.slot = candidate;
        RETURN candidate;
    EXCEPTION WHEN lock_not_available THEN
        RETURN -1;
    END;
END $$;

-- After the database's clock went back (a failover to a machine that is behind, say), the leases of processes that died before lie that much
-- further ahead. None is given for more than a few seconds, and epochs fence whoever is alive all the same.
CREATE FUNCTION mesh.is_lease_over(lease_until timestamptz) RETURNS boolean
    LANGUAGE sql VOLATILE
    RETURN lease_until < clock_timestamp() OR lease_until > clock_timestamp() + interval '1 minute';
COMMENT ON FUNCTION mesh.is_lease_over(timestamptz) IS
    'Whether a lease has ended, or is from before the database''s clock went back: further ahead than any is given for.';
REVOKE ALL ON FUNCTION mesh.is_lease_over(timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mesh.claim_relay(an_owner text, seconds double precision) RETURNS SETOF mesh.lane
    LANGUAGE sql AS $$
    UPDATE mesh.lane l SET owner = an_owner, lease_epoch = l.lease_epoch + 1,
            lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE l.kind = 'sql' AND (l.owner IS NULL OR mesh.is_lease_over(l.lease_until)) RETURNING l.*
$$;

CREATE OR REPLACE FUNCTION mesh.claim_router_lane(an_owner text, seconds double precision, abandoned boolean) RETURNS SETOF mesh.lane
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chosen bigint;
BEGIN
    SELECT l.id INTO chosen FROM mesh.lane l
        WHERE (l.owner IS NULL OR mesh.is_lease_over(l.lease_until)) AND (l.next_seq - 1 > l.acked_seq OR NOT abandoned)
            AND (l.kind = 'router' OR (abandoned AND l.kind = 'worker' AND NOT EXISTS (
                SELECT FROM mesh.position p JOIN mesh.route r ON r.service = p.consumer_group AND r.topic = p.topic
                    AND r.kind IN ('method', 'handler') WHERE p.lane = l.id)))
        ORDER BY l.next_seq - 1 > l.acked_seq DESC, l.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF chosen IS NULL THEN
        IF abandoned THEN RETURN; END IF;
        INSERT INTO mesh.lane (kind, name) VALUES ('router', 'router-' || nextval('mesh.router_lane')) RETURNING id INTO chosen;
    END IF;
    RETURN QUERY UPDATE mesh.lane l
        SET owner = an_owner, lease_epoch = l.lease_epoch + 1, lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE l.id = chosen RETURNING l.*;
END $$;

CREATE OR REPLACE FUNCTION mesh.lease_replies(an_owner text, count integer, seconds double precision)
    RETURNS TABLE (partition integer, epoch bigint)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    chosen integer;
BEGIN
    INSERT INTO mesh.reply_lease (partition) SELECT generate_series(0, count - 1) ON CONFLICT DO NOTHING;
    SELECT l.partition INTO chosen FROM mesh.reply_lease l
        WHERE l.partition < count AND (l.owner IS NULL OR mesh.is_lease_over(l.lease_until))
        ORDER BY l.lease_until NULLS FIRST, l.partition LIMIT 1 FOR UPDATE SKIP LOCKED;
    RETURN QUERY UPDATE mesh.reply_lease l
        SET owner = an_owner, epoch = l.epoch + 1, lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE l.partition = chosen RETURNING l.partition, l.epoch;
END $$;
