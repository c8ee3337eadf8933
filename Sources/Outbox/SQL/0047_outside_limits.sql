-- How fast and how many at once the mesh calls an origin, of all egress processes together. A call says whom it asks; those of an origin that is called as
-- fast as it may be are passed over, so that they hold nobody else up.
ALTER TABLE mesh.http_call ADD COLUMN origin text NOT NULL DEFAULT '';
COMMENT ON COLUMN mesh.http_call.origin IS
    'Whom it asks, as https://api.example.com:8443; empty where its URL can''t be called, or a worker of before wrote it.';
CREATE INDEX http_call_origin ON mesh.http_call (origin, id) WHERE owner IS NULL;
CREATE INDEX http_call_taken_origin ON mesh.http_call (origin) WHERE owner IS NOT NULL;

CREATE TABLE mesh.outside_limit (
    origin text PRIMARY KEY,
    calls integer CHECK (calls BETWEEN 1 AND 1000000),
    period_seconds integer CHECK (period_seconds IN (1, 60, 3600, 86400)),
    concurrency integer CHECK (concurrency > 0),
    next_at timestamptz NOT NULL DEFAULT 'epoch',
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((calls IS NULL) = (period_seconds IS NULL)),
    CHECK (calls IS NOT NULL OR concurrency IS NOT NULL)
);
COMMENT ON TABLE mesh.outside_limit IS 'How fast and how many at once workflows call an origin outside; what isn''t here is called as fast as egress processes can.';
COMMENT ON COLUMN mesh.outside_limit.origin IS 'Scheme, host, and the port where it isn''t the scheme''s own.';
COMMENT ON COLUMN mesh.outside_limit.calls IS 'At most so many attempts in each period, evenly apart; null for no limit.';
COMMENT ON COLUMN mesh.outside_limit.period_seconds IS 'The period.';
COMMENT ON COLUMN mesh.outside_limit.concurrency IS 'At most so many attempts under way; null for no limit.';
COMMENT ON COLUMN mesh.outside_limit.next_at IS 'When the next attempt may begin.';
COMMENT ON COLUMN mesh.outside_limit.set_by IS 'Who set it.';
COMMENT ON COLUMN mesh.outside_limit.set_at IS 'When.';

-- Attempts begin evenly apart. Egress processes come late by some milliseconds, so what fell due in the last 50 ms is made up for.
CREATE FUNCTION mesh.outside_allowance(a_limit mesh.outside_limit, moment timestamptz) RETURNS integer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    late float8 := extract(epoch FROM moment - a_limit.next_at);
    allowance integer := 2147483647;
BEGIN
    IF a_limit.concurrency IS NOT NULL THEN
        allowance := greatest(0, a_limit.concurrency - (SELECT count(*) FROM mesh.http_call c WHERE c.origin = a_limit.origin AND c.owner IS NOT NULL));
    END IF;
    IF a_limit.calls IS NULL THEN RETURN allowance; END IF;
    IF late < 0 THEN RETURN 0; END IF;
    RETURN least(allowance, 1 + floor(least(late, 0.05) * a_limit.calls / a_limit.period_seconds)::integer);
END $$;
COMMENT ON FUNCTION mesh.outside_allowance(mesh.outside_limit, timestamptz) IS 'How many attempts of a limited origin may begin at that moment.';

-- Chooses and locks calls that wait, the oldest first, as their origins' limits allow.
CREATE FUNCTION mesh.choose_http_calls(most integer) RETURNS text[]
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mine text[];
    moment timestamptz;
    chosen text[];
BEGIN
    IF NOT EXISTS (SELECT FROM mesh.outside_limit) THEN
        RETURN ARRAY(SELECT c.id FROM mesh.http_call c WHERE c.owner IS NULL ORDER BY c.id LIMIT most FOR UPDATE SKIP LOCKED);
    END IF;
    -- One process at a time, or two would both take the last that is allowed; the others leave that origin alone this time.
    mine := ARRAY(SELECT l.origin FROM mesh.outside_limit l
        WHERE EXISTS (SELECT FROM mesh.http_call c WHERE c.owner IS NULL AND c.origin = l.origin) FOR UPDATE SKIP LOCKED);
    moment := clock_timestamp();
    -- Further ahead than one attempt leads to: from before the database's clock went back, or the rate was loosened.
    UPDATE mesh.outside_limit l SET next_at = moment + make_interval(secs => l.period_seconds::float8 / l.calls)
        WHERE l.origin = ANY (mine) AND l.next_at > moment + make_interval(secs => l.period_seconds::float8 / l.calls);
    WITH RECURSIVE asked(origin) AS (
        (SELECT c.origin FROM mesh.http_call c WHERE c.owner IS NULL ORDER BY c.origin LIMIT 1)
        UNION ALL
        SELECT (SELECT c.origin FROM mesh.http_call c WHERE c.owner IS NULL AND c.origin > a.origin ORDER BY c.origin LIMIT 1)
        FROM asked a WHERE a.origin IS NOT NULL),
    allowed AS (
        SELECT a.origin, l.origin IS NOT NULL AS is_limited,
            CASE WHEN l.origin IS NULL THEN most
                WHEN l.origin = ANY (mine) THEN least(most, mesh.outside_allowance(l, moment)) ELSE 0 END AS number
        FROM asked a LEFT JOIN mesh.outside_limit l ON l.origin = a.origin WHERE a.origin IS NOT NULL),
    -- What nobody waits for any more must not use up what a limit allows, however much of it there is.
    head AS (
        SELECT a.origin, a.is_limited, a.number, w.id, w.is_wanted FROM allowed a CROSS JOIN LATERAL (
            SELECT c.id, NOT a.is_limited OR (coalesce(c.deadline > moment, true) AND EXISTS (
                SELECT FROM mesh.workflow f WHERE f.service = c.service AND f.id = c.workflow AND f.status IN ('running', 'stuck'))) AS is_wanted
            FROM mesh.http_call c WHERE c.owner IS NULL AND c.origin = a.origin ORDER BY c.id
            LIMIT CASE WHEN a.is_limited AND a.number > 0 THEN a.number + 200 ELSE a.number END) w),
    unwanted AS (
        DELETE FROM mesh.http_call c WHERE c.id IN (
            SELECT d.id FROM mesh.http_call d WHERE d.id IN (SELECT h.id FROM head h WHERE NOT h.is_wanted) AND d.owner IS NULL
            FOR UPDATE SKIP LOCKED)),
    placed AS (
        SELECT h.id, h.number, row_number() OVER (PARTITION BY h.origin ORDER BY h.id) AS place FROM head h WHERE h.is_wanted),
    oldest AS (SELECT p.id FROM placed p WHERE p.place <= p.number ORDER BY p.id LIMIT most),
    locked AS (
        SELECT c.id, c.origin FROM mesh.http_call c WHERE c.id IN (SELECT o.id FROM oldest o) AND c.owner IS NULL FOR UPDATE SKIP LOCKED),
    counted AS (
        UPDATE mesh.outside_limit l
            SET next_at = greatest(l.next_at, moment - interval '50 milliseconds')
                + make_interval(secs => t.number * l.period_seconds::float8 / l.calls)
            FROM (SELECT k.origin, count(*) AS number FROM locked k GROUP BY k.origin) t WHERE l.origin = t.origin AND l.calls IS NOT NULL)
    SELECT array_agg(k.id) INTO chosen FROM locked k;
    RETURN coalesce(chosen, '{}');
END $$;
COMMENT ON FUNCTION mesh.choose_http_calls(integer) IS
    'Locks calls that wait and that the limits of their origins allow now, the oldest first; removes what nobody waits for at the head of a limited origin.';

CREATE OR REPLACE FUNCTION mesh.claim_http_calls(an_owner text, count integer, seconds double precision)
    RETURNS TABLE (id text, service text, workflow text, operation text, call_key text, request text, deadline timestamptz, traceparent text, is_wanted boolean, capabilities text[])
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    chosen text[] := mesh.choose_http_calls(count);
BEGIN
    RETURN QUERY
    WITH taken AS (
        UPDATE mesh.http_call c
            SET owner = an_owner, started_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => seconds)
            WHERE c.id = ANY (chosen) RETURNING c.*)
    SELECT t.id, t.service, t.workflow, t.operation, t.call_key, t.request::text, t.deadline, t.traceparent,
        EXISTS (SELECT FROM mesh.workflow w WHERE w.service = t.service AND w.id = t.workflow AND w.status IN ('running', 'stuck')),
        ARRAY(SELECT g.capability FROM mesh.capability_grant g WHERE g.service = t.service ORDER BY 1)
        FROM taken t ORDER BY t.id;
END $$;

CREATE FUNCTION mesh.http_calls_held() RETURNS double precision
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT min(extract(epoch FROM l.next_at - clock_timestamp()))::float8 FROM mesh.outside_limit l
        WHERE l.calls IS NOT NULL AND EXISTS (SELECT FROM mesh.http_call c WHERE c.owner IS NULL AND c.origin = l.origin)
            AND (l.concurrency IS NULL OR l.concurrency >
                (SELECT count(*) FROM mesh.http_call c WHERE c.origin = l.origin AND c.owner IS NOT NULL))
$$;
COMMENT ON FUNCTION mesh.http_calls_held() IS 'In how many seconds the next call may begin that a rate alone holds back; null where none does.';

-- As before, and wakes other processes where one of a few places has become free.
CREATE OR REPLACE FUNCTION mesh.end_http_call(an_id text, an_owner text, a_status text, an_answer text) RETURNS boolean
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
    IF EXISTS (SELECT FROM mesh.outside_limit l WHERE l.origin = call.origin AND l.concurrency IS NOT NULL) THEN
        PERFORM pg_notify('mesh_http_call', '');
    END IF;
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION mesh.outside_allowance(mesh.outside_limit, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.choose_http_calls(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION mesh.http_calls_held() FROM PUBLIC;

CREATE TRIGGER tell AFTER INSERT OR UPDATE OF calls, period_seconds, concurrency OR DELETE ON mesh.outside_limit
    FOR EACH STATEMENT EXECUTE FUNCTION mesh.tell_of_http_calls();

COMMENT ON COLUMN mesh.fact.subject IS 'To what: a namespace, a service, a dead letter, a state, a workflow, a schedule, a token''s name, an origin outside.';
COMMENT ON COLUMN mesh.fact.action IS 'What: deploy, undeploy, view, redrive, discard, token, revoke token, grant, revoke grant; of an origin set limit, remove limit; of a state set state, delete state; of a workflow cancel, terminate, retry, reset, restart, upgrade; of a schedule pause, resume, trigger; of the broker reset; of the database restore.';

SELECT mesh.grant_rights();
