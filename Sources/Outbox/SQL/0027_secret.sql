-- mesh_read reads the settings, but not the one that is a secret: whoever knows it can compute the random bytes of guests. The row stays where workers
-- and routers of every version look for it; the owner of the schema, as whom they run, isn't held to the policy.
ALTER TABLE mesh.setting ENABLE ROW LEVEL SECURITY;
CREATE POLICY no_secrets ON mesh.setting USING (name <> 'random_secret');
COMMENT ON POLICY no_secrets ON mesh.setting IS 'Nobody but the owner of the schema sees random_secret.';
