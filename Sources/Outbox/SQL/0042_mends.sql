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
