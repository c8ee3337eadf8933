-- The comment promised what nothing did: no code reads the table.
COMMENT ON TABLE mesh.capability_grant IS 'Kept for grants to services, and empty: what a service may do follows from its own schema and those deployed, as yet.';
