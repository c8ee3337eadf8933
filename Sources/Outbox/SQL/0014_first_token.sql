-- A caller's token is no reason not to make an administrator's.
CREATE OR REPLACE FUNCTION mesh.create_first_token(a_name text, a_hash bytea) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE mesh.admin_token IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM mesh.admin_token t WHERE t.revoked_at IS NULL AND t.roles IS NULL) THEN RETURN false; END IF;
    INSERT INTO mesh.admin_token (name, hash) VALUES (a_name, a_hash);
    INSERT INTO mesh.fact (actor, action, subject) VALUES (a_name, 'token', a_name);
    RETURN true;
END $$;
