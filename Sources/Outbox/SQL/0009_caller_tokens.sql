-- Tokens of callers: those with roles may call methods with @auth and nothing else; those without are administrators'.
ALTER TABLE mesh.admin_token ADD COLUMN roles text[];
COMMENT ON COLUMN mesh.admin_token.roles IS 'The roles of a caller''s token; null for an administrator''s, which may do everything.';
COMMENT ON TABLE mesh.admin_token IS 'Bearer tokens of the control plane, and of callers; a token is shown once, only its hash is kept.';

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
