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
