-- The audit trail is added to and never changed; whoever owns the schema could take this trigger away, and that is visible.
CREATE FUNCTION mesh.keep_facts() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'mesh.fact is the audit trail: facts are added, never changed or removed' USING ERRCODE = '42501';
END $$;
COMMENT ON FUNCTION mesh.keep_facts() IS 'Refuses changes of the audit trail.';
CREATE TRIGGER keep_facts BEFORE UPDATE OR DELETE OR TRUNCATE ON mesh.fact FOR EACH STATEMENT EXECUTE FUNCTION mesh.keep_facts();
REVOKE ALL ON FUNCTION mesh.keep_facts() FROM PUBLIC;
COMMENT ON TABLE mesh.fact IS 'The audit trail: who did what to the mesh. Written in the transaction of the act, or before it takes effect (orders to workflows and schedules); never changed.';
COMMENT ON COLUMN mesh.fact.action IS 'What: deploy, undeploy, view, redrive, discard, token, revoke token; of a workflow cancel, terminate, retry, reset, upgrade; of a schedule pause, resume, trigger; of the broker reset.';
COMMENT ON COLUMN mesh.fact.subject IS 'To what: a namespace, a service, a dead letter, a workflow, a schedule, a token''s name.';
COMMENT ON COLUMN mesh.fact.details IS 'Further facts: digest and version, the reason that was given, the message that was sent.';
