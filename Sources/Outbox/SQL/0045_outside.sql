-- Calls that workflows make to the outside by HTTP. A worker writes one with the step that makes it, in its transaction; an egress process takes it, makes
-- it, and puts the answer into the SQL lane in the transaction that removes it. Each row is one attempt: another one is the workflow's own decision.
CREATE TABLE mesh.http_call (
    id text PRIMARY KEY,
    service text NOT NULL,
    workflow text NOT NULL,
    operation text NOT NULL,
    call_key text NOT NULL,
    request json NOT NULL,
    deadline timestamptz,
    traceparent text,
    created_at timestamptz NOT NULL,
    owner text,
    started_at timestamptz,
    lease_until timestamptz,
    CHECK ((owner IS NULL) = (lease_until IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX http_call_waiting ON mesh.http_call (id) WHERE owner IS NULL;
CREATE INDEX http_call_workflow ON mesh.http_call (service, workflow);
CREATE INDEX http_call_taken ON mesh.http_call (owner) WHERE owner IS NOT NULL;
COMMENT ON TABLE mesh.http_call IS 'Calls to the outside that workflows wait for; gone when they are answered.';
COMMENT ON COLUMN mesh.http_call.id IS 'The id of the call''s message, which rises with time.';
COMMENT ON COLUMN mesh.http_call.service IS 'The service whose workflow makes it.';
COMMENT ON COLUMN mesh.http_call.workflow IS 'The workflow''s id.';
COMMENT ON COLUMN mesh.http_call.operation IS 'Which of its calls it is: run, operation, attempt, life.';
COMMENT ON COLUMN mesh.http_call.call_key IS 'What all attempts of that call have; its Idempotency-Key follows from it.';
COMMENT ON COLUMN mesh.http_call.request IS 'The arguments of mesh.Http/fetch; secrets stand in it by their names alone.';
COMMENT ON COLUMN mesh.http_call.deadline IS 'After it nobody waits for the answer; null where the call has no timeout.';
COMMENT ON COLUMN mesh.http_call.traceparent IS 'The trace that it belongs to.';
COMMENT ON COLUMN mesh.http_call.created_at IS 'When the workflow made it.';
COMMENT ON COLUMN mesh.http_call.owner IS 'The egress process that is making it; null while it waits for one.';
COMMENT ON COLUMN mesh.http_call.started_at IS 'When that one took it.';
COMMENT ON COLUMN mesh.http_call.lease_until IS 'Until when that one is taken to be alive; it renews this while it runs.';

CREATE FUNCTION mesh.tell_of_http_calls() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('mesh_http_call', '');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mesh.tell_of_http_calls() IS 'Wakes egress processes.';
CREATE TRIGGER tell AFTER INSERT ON mesh.http_call FOR EACH STATEMENT EXECUTE FUNCTION mesh.tell_of_http_calls();

CREATE FUNCTION mesh.claim_http_calls(an_owner text, count integer, seconds double precision)
    RETURNS TABLE (id text, service text, workflow text, operation text, call_key text, request text, deadline timestamptz, traceparent text, is_wanted boolean, capabilities text[])
    LANGUAGE sql AS $$
    WITH chosen AS (
        SELECT c.id FROM mesh.http_call c WHERE c.owner IS NULL ORDER BY c.id LIMIT count FOR UPDATE SKIP LOCKED),
    taken AS (
        UPDATE mesh.http_call c
            SET owner = an_owner, started_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => seconds)
            FROM chosen WHERE c.id = chosen.id RETURNING c.*)
    SELECT t.id, t.service, t.workflow, t.operation, t.call_key, t.request::text, t.deadline, t.traceparent,
        EXISTS (SELECT FROM mesh.workflow w WHERE w.service = t.service AND w.id = t.workflow AND w.status IN ('running', 'stuck')),
        ARRAY(SELECT g.capability FROM mesh.capability_grant g WHERE g.service = t.service ORDER BY 1)
        FROM taken t ORDER BY t.id
$$;
COMMENT ON FUNCTION mesh.claim_http_calls(text, integer, double precision) IS
    'Takes calls that wait, the oldest first, with what their services may do; is_wanted is false where the workflow has ended.';

-- Nobody knows whether the other side has them.
CREATE FUNCTION mesh.claim_lost_http_calls(an_owner text, count integer, seconds double precision)
    RETURNS TABLE (id text, service text, workflow text, operation text, former_owner text)
    LANGUAGE sql AS $$
    WITH chosen AS (
        SELECT c.id, c.owner FROM mesh.http_call c
            WHERE c.owner IS NOT NULL AND mesh.is_lease_over(c.lease_until)
            ORDER BY c.id LIMIT count FOR UPDATE SKIP LOCKED)
    UPDATE mesh.http_call c SET owner = an_owner, lease_until = clock_timestamp() + make_interval(secs => seconds)
        FROM chosen WHERE c.id = chosen.id
        RETURNING c.id, c.service, c.workflow, c.operation, chosen.owner
$$;
COMMENT ON FUNCTION mesh.claim_lost_http_calls(text, integer, double precision) IS 'Takes calls whose egress process has gone while it made them.';

CREATE FUNCTION mesh.end_http_call(an_id text, an_owner text, a_status text, an_answer text) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    call mesh.http_call;
BEGIN
    DELETE FROM mesh.http_call c WHERE c.id = an_id AND c.owner = an_owner RETURNING * INTO call;
    IF NOT FOUND THEN RETURN false; END IF;
    IF a_status IS NOT NULL THEN
        PERFORM mesh.put(mesh.open_transaction(), call.service, 'mesh.answer', call.workflow, an_answer, NULL, '/mesh.Http',
            json_strip_nulls(json_build_object('traceparent', call.traceparent, 'mesh_status', a_status, 'mesh_operation', call.operation))::text);
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION mesh.end_http_call(text, text, text, text) IS
    'Removes a call and sends its answer; a null status sends none. False where it isn''t that process''s any more: then nothing is sent.';

REVOKE ALL ON FUNCTION mesh.tell_of_http_calls() FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.claim_http_calls(text, integer, double precision) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.claim_lost_http_calls(text, integer, double precision) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.end_http_call(text, text, text, text) FROM PUBLIC;

ALTER TABLE mesh.worker DROP CONSTRAINT worker_kind_check;
ALTER TABLE mesh.worker ADD CONSTRAINT worker_kind_check CHECK (kind IN ('worker', 'router', 'relay', 'egress', 'dev'));
COMMENT ON COLUMN mesh.worker.kind IS 'worker, router, relay, egress, or dev (all in one).';

COMMENT ON TABLE mesh.capability_grant IS 'What services may do beyond their own state and messages; what isn''t here is refused.';
COMMENT ON COLUMN mesh.capability_grant.capability IS 'What it may do: http:https://api.example.com/v1/ (calls below that), secret:name@https://api.example.com/ (a secret in calls below that).';

CREATE OR REPLACE VIEW mesh.backlog AS
    SELECT l.kind || ' lanes' AS what, sum(greatest(l.next_seq - 1 - l.acked_seq, 0))::bigint AS messages
    FROM mesh.lane l WHERE l.kind IN ('worker', 'router') GROUP BY l.kind
    UNION ALL
    SELECT 'sql lane', (
        SELECT count(*) FROM mesh.outbox_sql o LEFT JOIN (SELECT t.upto FROM mesh.relay_tick t ORDER BY t.tick DESC LIMIT 1) k ON true
        WHERE k.upto IS NULL OR NOT pg_visible_in_snapshot(o.xid, k.upto))
    UNION ALL SELECT 'parked', (SELECT count(*) FROM mesh.parked)
    UNION ALL SELECT 'dead letters', (SELECT count(*) FROM mesh.dead_letter d WHERE d.status = 'open')
    UNION ALL SELECT 'http calls', (SELECT count(*) FROM mesh.http_call);
COMMENT ON COLUMN mesh.backlog.what IS 'What waits: worker lanes, router lanes, sql lane (to be published), parked, dead letters (open), http calls (to the outside).';

SELECT mesh.grant_rights();
