-- A caller's token is no reason not to make an administrator's.
CREATE FUNCTION mesh.create_first_token(a_name text, a_hash bytea) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE mesh.admin_token IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM mesh.admin_token t WHERE t.revoked_at IS NULL AND t.roles IS NULL) THEN RETURN false; END IF;
    INSERT INTO mesh.admin_token (name, hash) VALUES (a_name, a_hash);
    INSERT INTO mesh.fact (actor, action, subject) VALUES (a_name, 'token', a_name);
    RETURN true;
END $$;
COMMENT ON FUNCTION mesh.create_first_token(text, bytea) IS 'Makes the first admin token; false when there is one.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mesh FROM PUBLIC;
-- Whoever reads a view of states runs these with rights of their own; they only convert text.
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'mesh'::regnamespace AND (p.proname LIKE 'as\_%' OR p.proname = 'readable') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', f);
    END LOOP;
END $$;
SELECT mesh.grant_rights();
