-- Claims with a backlog behind a limit, a journal that somebody reads for long, and retentions that no clock reaches.

-- As 0047 has it, but two processes that claim at the same time don't choose the same calls and then find them locked: of calls whose origin has
-- no limit more are chosen than are wanted, and those that others hold are passed over. Of many origins only those are looked into whose oldest calls are
-- among the oldest. And the planner, which takes the backlog for work to be done, neither compiles the statement nor reads whole tables.
CREATE OR REPLACE FUNCTION mesh.choose_http_calls(most integer) RETURNS text[]
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    mine text[];
    moment timestamptz;
    chosen text[];
    -- What two others may hold at the same time, and what is wanted.
    wide integer := 3 * most;
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
    WITH RECURSIVE asked(origin, oldest) AS (
        (SELECT c.origin, c.id FROM mesh.http_call c WHERE c.owner IS NULL ORDER BY c.origin, c.id LIMIT 1)
        UNION ALL
        SELECT n.origin, n.id FROM asked a CROSS JOIN LATERAL (
            SELECT c.origin, c.id FROM mesh.http_call c WHERE c.owner IS NULL AND c.origin > a.origin ORDER BY c.origin, c.id LIMIT 1) n),
    allowed AS (
        SELECT a.origin, a.oldest, l.origin IS NOT NULL AS is_limited,
            CASE WHEN l.origin IS NULL THEN wide
                WHEN l.origin = ANY (mine) THEN least(most, mesh.outside_allowance(l, moment)) ELSE 0 END AS number
        FROM asked a LEFT JOIN mesh.outside_limit l ON l.origin = a.origin),
    -- The oldest calls are of these.
    near AS (SELECT a.origin, a.is_limited, a.number FROM allowed a WHERE a.number > 0 ORDER BY a.oldest LIMIT wide),
    -- What nobody waits for any more must not use up what a limit allows, however much of it there is.
    head AS (
        SELECT a.origin, a.is_limited, a.number, w.id, w.is_wanted FROM near a CROSS JOIN LATERAL (
            SELECT c.id, NOT a.is_limited OR (coalesce(c.deadline > moment, true) AND EXISTS (
                SELECT FROM mesh.workflow f WHERE f.service = c.service AND f.id = c.workflow AND f.status IN ('running', 'stuck'))) AS is_wanted
            FROM mesh.http_call c WHERE c.owner IS NULL AND c.origin = a.origin ORDER BY c.id
            LIMIT CASE WHEN a.is_limited THEN a.number + 200 ELSE a.number END) w),
    unwanted AS (
        DELETE FROM mesh.http_call c WHERE c.id IN (
            SELECT d.id FROM mesh.http_call d WHERE d.id IN (SELECT h.id FROM head h WHERE NOT h.is_wanted) AND d.owner IS NULL
            FOR UPDATE SKIP LOCKED)),
    placed AS (
        SELECT h.id, h.number, row_number() OVER (PARTITION BY h.origin ORDER BY h.id) AS place FROM head h WHERE h.is_wanted),
    oldest AS (SELECT p.id FROM placed p WHERE p.place <= p.number ORDER BY p.id LIMIT wide),
    locked AS (
        SELECT c.id, c.origin FROM mesh.http_call c WHERE c.id IN (SELECT o.id FROM oldest o) AND c.owner IS NULL
        ORDER BY c.id LIMIT most FOR UPDATE SKIP LOCKED),
    counted AS (
        UPDATE mesh.outside_limit l
            SET next_at = greatest(l.next_at, moment - interval '50 milliseconds')
                + make_interval(secs => t.number * l.period_seconds::float8 / l.calls)
            FROM (SELECT k.origin, count(*) AS number FROM locked k GROUP BY k.origin) t WHERE l.origin = t.origin AND l.calls IS NOT NULL)
    SELECT array_agg(k.id) INTO chosen FROM locked k;
    RETURN coalesce(chosen, '{}');
END $$;

-- As 0042 has it, but who reads a child for long (a dump, a report) is noticed before what is needed of it is copied: a copy that is rolled back
-- stays in the active child, which nothing vacuums, and each try would leave another one.
CREATE OR REPLACE FUNCTION mesh.sweep_journal() RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    candidate integer;
    child text;
    total bigint;
    entries bigint;
BEGIN
    SELECT c.slot INTO candidate FROM mesh.journal_child c
        WHERE c.slot <> mesh.active_slot('journal') AND c.closed_at < now() - mesh.shortest_retention()
            AND (c.looked_at IS NULL OR c.looked_at < now() - least(mesh.shortest_retention() / 16, interval '10 minutes'))
        ORDER BY c.looked_at NULLS FIRST, c.closed_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF candidate IS NULL THEN RETURN NULL; END IF;
    child := 'journal_' || candidate;
    -- Whoever still writes with the old slot ends first; readers go on until the very end.
    BEGIN
        EXECUTE format('LOCK TABLE mesh.%I IN SHARE MODE NOWAIT', child);
    EXCEPTION WHEN lock_not_available THEN
        RETURN -1;
    END;
    BEGIN
        -- Had for a moment, and given back with the block.
        BEGIN
            PERFORM mesh.lock_soon(child);
            RAISE EXCEPTION 'nobody sits on %', child USING ERRCODE = 'MF006';
        EXCEPTION WHEN SQLSTATE 'MF006' THEN NULL;
        END;
        EXECUTE format('SELECT count(*) FROM mesh.%I', child) INTO total;
        SELECT count(*) INTO entries FROM mesh.journal_needed(candidate);
        IF entries > total / 2 AND entries > 1000 AND NOT mesh.is_journal_child_due(candidate, entries) THEN
            UPDATE mesh.journal_child c SET looked_at = clock_timestamp(), needed = entries WHERE c.slot = candidate;
            RETURN NULL;
        END IF;
        INSERT INTO mesh.journal (slot, service, id, seq, run, kind, op, name, label, key, request, result, details, due, attempt, at, state)
            SELECT mesh.active_slot('journal'), n.service, n.id, n.seq, n.run, n.kind, n.op, n.name, n.label, n.key, n.request, n.result,
                n.details, n.due, n.attempt, n.at, n.state
            FROM mesh.journal_needed(candidate) n;
        PERFORM mesh.lock_soon(child);
        EXECUTE format('TRUNCATE mesh.%I', child);
        DELETE FROM mesh.journal_child c WHERE c.slot = candidate;
        RETURN candidate;
    EXCEPTION WHEN lock_not_available THEN
        -- Left alone for a while.
        UPDATE mesh.journal_child c SET looked_at = clock_timestamp() WHERE c.slot = candidate;
        RETURN NULL;
    END;
END $$;

-- As 0040 has it, but a retention ends within what a timestamp can be: one that doesn't would stop the retention of all services.
CREATE OR REPLACE FUNCTION mesh.check_setting() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text;
BEGIN
    BEGIN
        IF NEW.name IN ('outbox_slot_bytes', 'journal_slot_bytes') THEN
            wanted := 'a whole number of bytes, such as 67108864 for 64 MiB';
            IF NEW.value::bigint > 0 THEN RETURN NEW; END IF;
        ELSIF NEW.name = 'deduplication_hours' THEN
            wanted := 'a number of hours above 0, such as 24';
            IF NEW.value::double precision > 0 AND NEW.value::double precision < 1000000 THEN RETURN NEW; END IF;
        ELSIF NEW.name = 'workflow_retention' OR starts_with(NEW.name, 'workflow_retention.') THEN
            wanted := 'a time above 0 and of 1000 years at most, such as "7 days"';
            IF NEW.value::interval > '0' AND NEW.value::interval <= '1000 years' THEN RETURN NEW; END IF;
        ELSIF NEW.name IN ('partitions', 'broker_epoch') THEN
            wanted := 'a whole number above 0';
            IF NEW.value::bigint > 0 THEN RETURN NEW; END IF;
        ELSIF NEW.name = 'broker_durable' THEN
            wanted := '"true" or "false"';
            IF NEW.value::boolean IS NOT NULL THEN RETURN NEW; END IF;
        ELSE
            RETURN NEW;
        END IF;
    EXCEPTION WHEN data_exception THEN NULL;
    END;
    RAISE EXCEPTION 'the setting "%" is %, not "%"', NEW.name, wanted, NEW.value USING ERRCODE = '22023';
END $$;
UPDATE mesh.setting SET value = '1000 years'
    WHERE CASE WHEN name = 'workflow_retention' OR starts_with(name, 'workflow_retention.') THEN value::interval > '1000 years' END;
