-- Tokens of callers: those with roles may call methods with @auth and nothing else; those without are administrators'.
ALTER TABLE mesh.admin_token ADD COLUMN roles text[];
COMMENT ON COLUMN mesh.admin_token.roles IS 'The roles of a caller''s token; null for an administrator''s, which may do everything.';
COMMENT ON TABLE mesh.admin_token IS 'Bearer tokens of the control plane, and of callers; a token is shown once, only its hash is kept.';
