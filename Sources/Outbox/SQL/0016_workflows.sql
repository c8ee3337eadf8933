-- Durable workflows (docs/design/workflows.md): what each is doing now, its journal, its timers, and schedules. Written by the owners of
-- partitions, with their batches, under the fence of mesh.advance.

INSERT INTO mesh.setting (name, value) VALUES
    ('workflow_retention', '7 days'),
    ('journal_slot_bytes', '67108864')
ON CONFLICT (name) DO NOTHING;
COMMENT ON COLUMN mesh.setting.name IS 'The setting: partitions, broker_durable, broker_epoch, outbox_slot_bytes, deduplication_hours, workflow_retention (workflow_retention.shop.Orders for one service), journal_slot_bytes, random_secret (mixed into guests'' random bytes).';

-- The first rows of a busy mesh are updated a few times each, soon after they came: room for that on their page.
CREATE TABLE mesh.workflow (
    service text NOT NULL,
    id text NOT NULL,
    method text NOT NULL,
    status text NOT NULL CHECK (status IN ('running', 'stuck', 'completed', 'failed', 'cancelled', 'terminated')),
    run integer NOT NULL CHECK (run > 0),
    digest text NOT NULL,
    version text NOT NULL,
    next_seq bigint NOT NULL CHECK (next_seq > 0),
    waiting_for text,
    waiting_since timestamptz,
    attempt integer NOT NULL DEFAULT 0,
    parent_service text,
    parent_id text,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    result json,
    error json,
    PRIMARY KEY (service, id),
    CHECK ((status IN ('running', 'stuck')) = (ended_at IS NULL)),
    CHECK ((parent_service IS NULL) = (parent_id IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX workflow_open ON mesh.workflow (service, digest) WHERE status IN ('running', 'stuck');
CREATE INDEX workflow_stuck ON mesh.workflow (service) WHERE status = 'stuck';
CREATE INDEX workflow_ended ON mesh.workflow (service, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX workflow_parent ON mesh.workflow (parent_service, parent_id) WHERE parent_id IS NOT NULL;
COMMENT ON TABLE mesh.workflow IS 'What each workflow is doing now, a row each; ended ones stay for workflow_retention.';
COMMENT ON COLUMN mesh.workflow.service IS 'The service, qualified.';
COMMENT ON COLUMN mesh.workflow.id IS 'The workflow''s id, unique within its service: the key of the call that started it.';
COMMENT ON COLUMN mesh.workflow.method IS 'The @workflow method that it runs.';
COMMENT ON COLUMN mesh.workflow.status IS 'running, stuck (its code can''t go on; error says why), completed, failed, cancelled, terminated.';
COMMENT ON COLUMN mesh.workflow.run IS 'From 1; continueAsNew begins the next one.';
COMMENT ON COLUMN mesh.workflow.digest IS 'The package that it runs on.';
COMMENT ON COLUMN mesh.workflow.version IS 'The version of the schema in that package.';
COMMENT ON COLUMN mesh.workflow.next_seq IS 'The sequence of its next journal entry; a write must name the one that was read.';
COMMENT ON COLUMN mesh.workflow.waiting_for IS 'What it waits for; null when it doesn''t wait.';
COMMENT ON COLUMN mesh.workflow.waiting_since IS 'Since when.';
COMMENT ON COLUMN mesh.workflow.attempt IS 'Failed activations in a row.';
COMMENT ON COLUMN mesh.workflow.parent_service IS 'The service of the workflow that started it as a child, or null.';
COMMENT ON COLUMN mesh.workflow.parent_id IS 'That workflow''s id, or null.';
COMMENT ON COLUMN mesh.workflow.started_at IS 'When it started.';
COMMENT ON COLUMN mesh.workflow.updated_at IS 'When something last happened to it.';
COMMENT ON COLUMN mesh.workflow.ended_at IS 'When it ended; null while it is open.';
COMMENT ON COLUMN mesh.workflow.result IS 'What it came to, when it completed.';
COMMENT ON COLUMN mesh.workflow.error IS 'Why it failed, was cancelled or is stuck.';

CREATE TABLE mesh.journal (
    slot smallint NOT NULL,
    service text NOT NULL,
    id text NOT NULL,
    seq bigint NOT NULL,
    run integer NOT NULL,
    kind text NOT NULL,
    op integer NOT NULL,
    name text,
    label text,
    key text,
    request json,
    result json,
    details json,
    due timestamptz,
    attempt integer NOT NULL,
    at timestamptz NOT NULL,
    state json
) PARTITION BY LIST (slot);
-- Not unique: an id that is used again after its workflow was forgotten may meet entries that aren't swept yet. What keeps two entries from
-- having one sequence is next_seq of the workflow's row.
SELECT mesh.make_slots('journal', 8, '(service, id, run, seq)', false);
COMMENT ON TABLE mesh.journal IS 'Everything that open workflows did and met, and ended ones for workflow_retention; written once, never updated.';
COMMENT ON COLUMN mesh.journal.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.journal.service IS 'The workflow''s service, qualified.';
COMMENT ON COLUMN mesh.journal.id IS 'The workflow''s id.';
COMMENT ON COLUMN mesh.journal.seq IS 'Rises by 1 over all runs of the workflow.';
COMMENT ON COLUMN mesh.journal.run IS 'The run that it belongs to.';
COMMENT ON COLUMN mesh.journal.kind IS 'What it says: a command of the code (call, local, timer, receive, emit, send, read, write, patch, cancel, config, closed), something that came (started, joined, answered, failed, retried, fired, signal, cancel_requested, resumed, upgraded), or the end of the run (continued, completed, threw, cancelled, terminated).';
COMMENT ON COLUMN mesh.journal.op IS 'The operation that it begins or is about, from 1 in each run; 0 where there is none.';
COMMENT ON COLUMN mesh.journal.name IS 'The target of a call, the event, the signal, the patch; null where there is none.';
COMMENT ON COLUMN mesh.journal.label IS 'What the author calls the operation, or null.';
COMMENT ON COLUMN mesh.journal.key IS 'The key of a call, a send or an emit, or null.';
COMMENT ON COLUMN mesh.journal.request IS 'What was handed out, or came in: arguments, an event''s or a signal''s data, the input; null where there is none.';
COMMENT ON COLUMN mesh.journal.result IS 'What it came to: an answer, or an error; null where there is none.';
COMMENT ON COLUMN mesh.journal.details IS 'Further facts that a replay needs, or null.';
COMMENT ON COLUMN mesh.journal.due IS 'When a timer or the next attempt is due, or null.';
COMMENT ON COLUMN mesh.journal.attempt IS 'From 1.';
COMMENT ON COLUMN mesh.journal.at IS 'When it was written, by the clock that the code sees.';
COMMENT ON COLUMN mesh.journal.state IS 'The state of the key after a local step that changed it (null as JSON where it was deleted); null as SQL where none did.';

CREATE TABLE mesh.journal_child (
    slot smallint PRIMARY KEY,
    closed_at timestamptz NOT NULL,
    looked_at timestamptz
);
COMMENT ON TABLE mesh.journal_child IS 'Since when the children of mesh.journal that aren''t being filled wait to be emptied.';
COMMENT ON COLUMN mesh.journal_child.slot IS 'The child.';
COMMENT ON COLUMN mesh.journal_child.closed_at IS 'When writers moved on from it.';
COMMENT ON COLUMN mesh.journal_child.looked_at IS 'When it was last found to be still needed.';

-- The one index serves all three: what is due, what is removed by all its columns, and that nothing is there twice.
CREATE TABLE mesh.timer (
    service text NOT NULL,
    partition integer NOT NULL,
    due timestamptz NOT NULL,
    id text NOT NULL,
    run integer NOT NULL,
    op integer NOT NULL,
    attempt integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sleep', 'deadline', 'retry', 'advance', 'schedule')),
    PRIMARY KEY (service, partition, due, id, run, op, attempt, kind)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE mesh.timer IS 'What the owner of a partition of a service''s calls does at a time; gone when it is done or not needed any more.';
COMMENT ON COLUMN mesh.timer.service IS 'The service, qualified.';
COMMENT ON COLUMN mesh.timer.partition IS 'The partition of its calls that the workflow''s id belongs to.';
COMMENT ON COLUMN mesh.timer.due IS 'When.';
COMMENT ON COLUMN mesh.timer.id IS 'The workflow''s id; @schedule/ and the method for a schedule.';
COMMENT ON COLUMN mesh.timer.run IS 'The workflow''s run.';
COMMENT ON COLUMN mesh.timer.op IS 'The operation that it is about; 0 for none.';
COMMENT ON COLUMN mesh.timer.attempt IS 'The operation''s attempt.';
COMMENT ON COLUMN mesh.timer.kind IS 'sleep, deadline (of a call), retry (the next attempt), advance (the rest of a long activation), schedule (the next fire).';

CREATE TABLE mesh.schedule (
    service text NOT NULL,
    method text NOT NULL,
    cron text NOT NULL,
    timezone text NOT NULL,
    is_paused boolean NOT NULL DEFAULT false,
    next_due timestamptz,
    last_due timestamptz,
    last_fired_at timestamptz,
    last_id text,
    last_ended_at timestamptz,
    fired bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (service, method)
) WITH (fillfactor = 50);
COMMENT ON TABLE mesh.schedule IS 'The methods with @schedule that the mesh has taken up, and when each is called.';
COMMENT ON COLUMN mesh.schedule.service IS 'The service, qualified.';
COMMENT ON COLUMN mesh.schedule.method IS 'The method.';
COMMENT ON COLUMN mesh.schedule.cron IS 'When, as deployed: minute, hour, day, month, weekday.';
COMMENT ON COLUMN mesh.schedule.timezone IS 'The time zone that this is meant in.';
COMMENT ON COLUMN mesh.schedule.is_paused IS 'True while an operator has paused it.';
COMMENT ON COLUMN mesh.schedule.next_due IS 'When it is called next; null while it is paused, or not deployed any more.';
COMMENT ON COLUMN mesh.schedule.last_due IS 'The time by the schedule of the last call.';
COMMENT ON COLUMN mesh.schedule.last_fired_at IS 'When that call was made.';
COMMENT ON COLUMN mesh.schedule.last_id IS 'The key of that call: the id of the workflow that it started.';
COMMENT ON COLUMN mesh.schedule.last_ended_at IS 'When a handler''s last call was done with, whatever came of it; null before that, and for workflows, which have an end of their own.';
COMMENT ON COLUMN mesh.schedule.fired IS 'How many calls it has made.';
COMMENT ON COLUMN mesh.schedule.skipped IS 'How many it left out: too late, or the one before was still open.';

-- The rows of workflows, by their place in the arguments.
CREATE FUNCTION mesh.read_workflows(services text[], ids text[]) RETURNS TABLE (place bigint, workflow mesh.workflow)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT u.at, w FROM unnest(services, ids) WITH ORDINALITY u(service, id, at)
        JOIN mesh.workflow w ON w.service = u.service AND w.id = u.id;
END $$;
COMMENT ON FUNCTION mesh.read_workflows(text[], text[]) IS 'The rows of workflows, by their place in the arguments.';

-- The entries of the current runs, in order. Volatile, and the lock comes first: a child may be emptied at this moment, and only a snapshot
-- from after that sees where its entries went.
CREATE FUNCTION mesh.read_journals(services text[], ids text[]) RETURNS TABLE (place bigint, entry mesh.journal)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    LOCK TABLE mesh.journal IN ACCESS SHARE MODE;
    RETURN QUERY SELECT u.at, j FROM unnest(services, ids) WITH ORDINALITY u(service, id, at)
        JOIN mesh.workflow w ON w.service = u.service AND w.id = u.id
        JOIN mesh.journal j ON j.service = u.service AND j.id = u.id AND j.run = w.run AND j.at >= w.started_at
        ORDER BY u.at, j.seq;
END $$;
COMMENT ON FUNCTION mesh.read_journals(text[], text[]) IS 'The journals of the current runs of workflows, by their place in the arguments.';

CREATE FUNCTION mesh.write_workflows(
    services text[], ids text[], expected bigint[], methods text[], statuses text[], runs integer[], digests text[], versions text[],
    sequences bigint[], waits text[], waits_since timestamptz[], attempts integer[], parent_services text[], parent_ids text[],
    starts timestamptz[], updates timestamptz[], ends timestamptz[], results text[], errors text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    written bigint := 0;
    n bigint;
BEGIN
    IF 0 = ANY (expected) THEN
        INSERT INTO mesh.workflow (service, id, method, status, run, digest, version, next_seq, waiting_for, waiting_since, attempt,
                parent_service, parent_id, started_at, updated_at, ended_at, result, error)
            SELECT u.service, u.id, u.method, u.status, u.run, u.digest, u.version, u.next_seq, u.waiting_for, u.waiting_since, u.attempt,
                u.parent_service, u.parent_id, u.started_at, u.updated_at, u.ended_at, u.result::json, u.error::json
            FROM unnest(services, ids, expected, methods, statuses, runs, digests, versions, sequences, waits, waits_since, attempts,
                    parent_services, parent_ids, starts, updates, ends, results, errors)
                u(service, id, expected, method, status, run, digest, version, next_seq, waiting_for, waiting_since, attempt,
                    parent_service, parent_id, started_at, updated_at, ended_at, result, error)
            WHERE u.expected = 0
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
    END IF;
    IF 0 < ANY (expected) THEN
        UPDATE mesh.workflow w SET method = u.method, status = u.status, run = u.run, digest = u.digest, version = u.version,
                next_seq = u.next_seq, waiting_for = u.waiting_for, waiting_since = u.waiting_since, attempt = u.attempt,
                parent_service = u.parent_service, parent_id = u.parent_id, started_at = u.started_at, updated_at = u.updated_at,
                ended_at = u.ended_at, result = u.result::json, error = u.error::json
            FROM unnest(services, ids, expected, methods, statuses, runs, digests, versions, sequences, waits, waits_since, attempts,
                    parent_services, parent_ids, starts, updates, ends, results, errors)
                u(service, id, expected, method, status, run, digest, version, next_seq, waiting_for, waiting_since, attempt,
                    parent_service, parent_id, started_at, updated_at, ended_at, result, error)
            WHERE u.expected > 0 AND w.service = u.service AND w.id = u.id AND w.next_seq = u.expected;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := written + n;
    END IF;
    IF written <> cardinality(ids) THEN
        RAISE EXCEPTION '% of % workflows were changed by somebody else', cardinality(ids) - written, cardinality(ids)
            -- Its own class of places: those of the states are of another list.
            USING ERRCODE = 'MF005', DETAIL = array_to_string(ARRAY(
                SELECT u.at FROM unnest(services, ids) WITH ORDINALITY u(service, id, at)
                    LEFT JOIN mesh.workflow w ON w.service = u.service AND w.id = u.id
                WHERE w.xmin IS DISTINCT FROM pg_current_xact_id()::xid), ',');
    END IF;
END $$;
COMMENT ON FUNCTION mesh.write_workflows(text[], text[], bigint[], text[], text[], integer[], text[], text[], bigint[], text[], timestamptz[],
    integer[], text[], text[], timestamptz[], timestamptz[], timestamptz[], text[], text[]) IS
    'Writes the rows of workflows, or raises MF005 with the places of those that have another next_seq.';

CREATE FUNCTION mesh.add_timers(
    a_service text, a_partition integer, ids text[], runs integer[], ops integer[], attempts integer[], kinds text[], times timestamptz[])
    RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    INSERT INTO mesh.timer (service, partition, due, id, run, op, attempt, kind)
        SELECT a_service, a_partition, u.due, u.id, u.run, u.op, u.attempt, u.kind
        FROM unnest(ids, runs, ops, attempts, kinds, times) u(id, run, op, attempt, kind, due)
    ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION mesh.add_timers(text, integer, text[], integer[], integer[], integer[], text[], timestamptz[]) IS
    'Adds timers of a partition; those that are there stay.';

CREATE FUNCTION mesh.remove_timers(
    a_service text, a_partition integer, ids text[], runs integer[], ops integer[], attempts integer[], kinds text[], times timestamptz[])
    RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    DELETE FROM mesh.timer t USING unnest(ids, runs, ops, attempts, kinds, times) u(id, run, op, attempt, kind, due)
        WHERE t.service = a_service AND t.partition = a_partition AND t.due = u.due AND t.id = u.id AND t.run = u.run AND t.op = u.op
            AND t.attempt = u.attempt AND t.kind = u.kind;
END $$;
COMMENT ON FUNCTION mesh.remove_timers(text, integer, text[], integer[], integer[], integer[], text[], timestamptz[]) IS
    'Removes timers of a partition; those that aren''t there don''t matter.';

CREATE FUNCTION mesh.due_timers(a_service text, a_partition integer, upto timestamptz, page bigint, busy text[]) RETURNS SETOF mesh.timer
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT t.* FROM mesh.timer t
        WHERE t.service = a_service AND t.partition = a_partition AND t.due <= upto AND t.id <> ALL (busy)
        ORDER BY t.due, t.id, t.run, t.op LIMIT page;
END $$;
COMMENT ON FUNCTION mesh.due_timers(text, integer, timestamptz, bigint, text[]) IS 'Timers of a partition that are due, but for busy ids.';

-- Above a time, so that what is due already isn't gone through.
CREATE FUNCTION mesh.next_timer(a_service text, a_partition integer, above timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT t.due FROM mesh.timer t WHERE t.service = a_service AND t.partition = a_partition AND t.due > above
        ORDER BY t.due LIMIT 1);
END $$;
COMMENT ON FUNCTION mesh.next_timer(text, integer, timestamptz) IS 'When the first timer of a partition after a time is due.';

-- Whether the last call of a schedule is open: its workflow hasn't ended, or its handler's message isn't done with. A call that was made a
-- short while ago is on its way; one that nobody has heard of since then and that isn't parked either, is lost or too late to be waited for.
CREATE FUNCTION mesh.is_call_open(s mesh.schedule, w mesh.workflow) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN CASE WHEN s.last_id IS NULL OR s.last_ended_at >= s.last_fired_at THEN false
        WHEN w.id IS NOT NULL THEN w.ended_at IS NULL
        ELSE s.last_fired_at > now() - interval '1 minute' OR EXISTS (SELECT FROM mesh.parked p
            WHERE p.consumer_group = s.service AND p.topic = s.service AND p.service = s.service AND p.key = s.last_id
                AND p.method = s.method) END;
COMMENT ON FUNCTION mesh.is_call_open(mesh.schedule, mesh.workflow) IS 'Whether the last call of a schedule is open or on its way.';

-- A schedule as its owner reads it.
CREATE FUNCTION mesh.read_schedules(services text[], method_names text[])
    RETURNS TABLE (place bigint, schedule mesh.schedule, is_open boolean)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT u.at, s, mesh.is_call_open(s, w)
        FROM unnest(services, method_names) WITH ORDINALITY u(service, method, at)
        JOIN mesh.schedule s ON s.service = u.service AND s.method = u.method
        LEFT JOIN mesh.workflow w ON w.service = s.service AND w.id = s.last_id;
END $$;
COMMENT ON FUNCTION mesh.read_schedules(text[], text[]) IS 'Schedules, by their place in the arguments, and whether the last call is open.';

CREATE FUNCTION mesh.end_scheduled(services text[], method_names text[], times timestamptz[]) RETURNS void
    LANGUAGE sql AS $$
    UPDATE mesh.schedule s SET last_ended_at = u.at FROM unnest(services, method_names, times) u(service, method, at)
        WHERE s.service = u.service AND s.method = u.method
$$;
COMMENT ON FUNCTION mesh.end_scheduled(text[], text[], timestamptz[]) IS 'Notes that the calls of handlers by their schedules are done with.';

CREATE FUNCTION mesh.write_schedules(
    services text[], method_names text[], crons text[], timezones text[], pauses boolean[], nexts timestamptz[], lasts timestamptz[],
    last_fires timestamptz[], last_ids text[], counts bigint[], skips bigint[]) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO mesh.schedule (service, method, cron, timezone, is_paused, next_due, last_due, last_fired_at, last_id, fired, skipped)
        SELECT u.* FROM unnest(services, method_names, crons, timezones, pauses, nexts, lasts, last_fires, last_ids, counts, skips) u
    ON CONFLICT (service, method) DO UPDATE SET cron = excluded.cron, timezone = excluded.timezone, is_paused = excluded.is_paused,
        next_due = excluded.next_due, last_due = excluded.last_due, last_fired_at = excluded.last_fired_at, last_id = excluded.last_id,
        fired = excluded.fired, skipped = excluded.skipped
$$;
COMMENT ON FUNCTION mesh.write_schedules(text[], text[], text[], text[], boolean[], timestamptz[], timestamptz[], timestamptz[], text[], bigint[],
    bigint[]) IS 'Writes schedules; only the owner of a schedule''s partition does.';

-- The packages that open workflows run on: from one to the next in the index, whatever number of workflows there is.
CREATE FUNCTION mesh.open_digests() RETURNS TABLE (service text, digest text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    a_service text := '';
    a_digest text := '';
BEGIN
    LOOP
        SELECT w.service, w.digest INTO a_service, a_digest FROM mesh.workflow w
            WHERE w.status IN ('running', 'stuck') AND (w.service, w.digest) > (a_service, a_digest)
            ORDER BY w.service, w.digest LIMIT 1;
        EXIT WHEN NOT FOUND;
        RETURN QUERY SELECT a_service, a_digest;
    END LOOP;
END $$;
COMMENT ON FUNCTION mesh.open_digests() IS 'The packages that open workflows run on, by service.';

-- Partitions.

-- Kafka's default partitioner (murmur2), as the mesh computes it for every message.
CREATE FUNCTION mesh.partition_of(key text, count integer) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bytes constant bytea := convert_to(key, 'UTF8');
    size constant integer := octet_length(bytes);
    m constant bigint := 1540483477;
    low constant bigint := 4294967295;
    hash bigint := 2538058380 # size;
    word bigint;
    i integer := 0;
BEGIN
    WHILE size - i >= 4 LOOP
        word := get_byte(bytes, i)::bigint | (get_byte(bytes, i + 1)::bigint << 8) | (get_byte(bytes, i + 2)::bigint << 16)
            | (get_byte(bytes, i + 3)::bigint << 24);
        word := word * m & low;
        word := (word # (word >> 24)) * m & low;
        hash := (hash * m & low) # word;
        i := i + 4;
    END LOOP;
    IF size - i >= 3 THEN hash := hash # (get_byte(bytes, i + 2)::bigint << 16); END IF;
    IF size - i >= 2 THEN hash := hash # (get_byte(bytes, i + 1)::bigint << 8); END IF;
    IF size - i >= 1 THEN hash := (hash # get_byte(bytes, i)::bigint) * m & low; END IF;
    hash := (hash # (hash >> 13)) * m & low;
    hash := hash # (hash >> 15);
    RETURN (hash & 2147483647) % count;
END $$;
COMMENT ON FUNCTION mesh.partition_of(text, integer) IS 'The partition of a key among so many.';

-- Gives a mesh another partition count, while nothing runs and nothing is under way: keys move to other partitions, and with them the timers
-- of workflows and schedules. The topics have to be made anew as well (docs/operations.md).
CREATE FUNCTION mesh.change_partitions(new_count integer, an_actor text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waiting text;
BEGIN
    IF new_count IS NULL OR new_count < 1 OR new_count > 10000 THEN
        RAISE EXCEPTION 'a topic has 1 to 10000 partitions, not %', new_count USING ERRCODE = '22023';
    END IF;
    -- No commit is under way from here on.
    LOCK TABLE mesh.position IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE mesh.lane IN SHARE ROW EXCLUSIVE MODE;
    SELECT string_agg(x.what, '; ') INTO waiting FROM (
        SELECT b.messages || ' in the ' || b.what AS what FROM mesh.backlog b WHERE b.messages > 0 AND b.what LIKE '%lane%'
        UNION ALL SELECT count(*) || ' parked' FROM mesh.parked HAVING count(*) > 0
        UNION ALL SELECT sum(l.lag) || ' records of ' || l.topic || ' for ' || l.consumer_group FROM mesh.lag l
            GROUP BY l.topic, l.consumer_group HAVING sum(l.lag) > 0) x;
    IF waiting IS NOT NULL THEN
        RAISE EXCEPTION 'messages are still under way: %', waiting
            USING ERRCODE = '55000', HINT = 'Stop what sends, let the workers go on until mesh.lag and mesh.backlog are empty, then stop them and try again.';
    END IF;
    UPDATE mesh.setting SET value = new_count::text, updated_at = now() WHERE name = 'partitions';
    -- On record with the new count, so that the router makes them with it, whatever it is configured with.
    UPDATE mesh.topic SET partitions = new_count, map_epoch = map_epoch + 1;
    UPDATE mesh.position p SET epoch = p.epoch + 1, next_offset = 0, completed = '', completed_lanes = '{}', completed_seqs = '{}', log_end = 0;
    -- A timer may have the place of one that moves away; all are taken out first.
    CREATE TEMPORARY TABLE moved_timer ON COMMIT DROP AS SELECT * FROM mesh.timer;
    DELETE FROM mesh.timer;
    INSERT INTO mesh.timer (service, partition, due, id, run, op, attempt, kind)
        SELECT t.service, mesh.partition_of(t.id, new_count), t.due, t.id, t.run, t.op, t.attempt, t.kind FROM pg_temp.moved_timer t;
    INSERT INTO mesh.fact (actor, action, subject, details) VALUES (an_actor, 'partitions', 'mesh', jsonb_build_object('count', new_count));
END $$;
COMMENT ON FUNCTION mesh.change_partitions(integer, text) IS 'Gives a mesh in which nothing runs another partition count: timers move to the partitions of their keys.';

-- Retention.

CREATE FUNCTION mesh.workflow_retention(a_service text) RETURNS interval
    LANGUAGE sql STABLE
    RETURN coalesce(mesh.setting_value('workflow_retention.' || a_service), mesh.setting_value('workflow_retention'), '7 days')::interval;
COMMENT ON FUNCTION mesh.workflow_retention(text) IS 'How long ended workflows of a service are kept.';

CREATE FUNCTION mesh.shortest_retention() RETURNS interval
    LANGUAGE sql STABLE
    RETURN (SELECT min(s.value::interval) FROM mesh.setting s WHERE s.name = 'workflow_retention' OR starts_with(s.name, 'workflow_retention.'));
COMMENT ON FUNCTION mesh.shortest_retention() IS 'The shortest time for which some service''s ended workflows are kept.';

-- Forgets ended workflows past their service's retention, at most so many.
CREATE FUNCTION mesh.forget_workflows(bound integer) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off AS $$
DECLARE
    a_service text := '';
    done integer := 0;
    n integer;
BEGIN
    WHILE done < bound LOOP
        SELECT w.service INTO a_service FROM mesh.workflow w WHERE w.ended_at IS NOT NULL AND w.service > a_service ORDER BY w.service LIMIT 1;
        EXIT WHEN NOT FOUND;
        DELETE FROM mesh.workflow w WHERE w.ctid = ANY (ARRAY(
            SELECT o.ctid FROM mesh.workflow o
            WHERE o.service = a_service AND o.ended_at < now() - mesh.workflow_retention(a_service)
            ORDER BY o.ended_at LIMIT bound - done FOR UPDATE SKIP LOCKED));
        GET DIAGNOSTICS n = ROW_COUNT;
        done := done + n;
    END LOOP;
    RETURN done;
END $$;
COMMENT ON FUNCTION mesh.forget_workflows(integer) IS 'Forgets ended workflows past their retention, at most so many; how many it was.';

-- Moves the journal's writers on when the active child is full, or so old that its entries would be kept much longer than they need to be.
CREATE FUNCTION mesh.move_journal(bytes bigint) RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r mesh.rotation;
    moved integer;
BEGIN
    SELECT * INTO r FROM mesh.rotation WHERE name = 'journal';
    IF mesh.slot_is_empty('journal', r.active) THEN RETURN NULL; END IF;
    IF pg_relation_size(format('mesh.%I', 'journal_' || r.active)::regclass) < bytes
        AND r.moved_at + mesh.shortest_retention() / 2 > clock_timestamp() THEN
        RETURN NULL;
    END IF;
    moved := mesh.move_slot('journal', false);
    IF moved IS NOT NULL THEN
        INSERT INTO mesh.journal_child (slot, closed_at) VALUES (r.active, clock_timestamp())
            ON CONFLICT (slot) DO UPDATE SET closed_at = excluded.closed_at, looked_at = NULL;
        DELETE FROM mesh.journal_child c WHERE c.slot = moved;
    END IF;
    RETURN moved;
END $$;
COMMENT ON FUNCTION mesh.move_journal(bigint) IS 'Moves the writers of the journal on when its active child is full or old.';

-- What is still needed of a child: the current run of a workflow that is there, and what is younger than the retention.
CREATE FUNCTION mesh.journal_needed(slot integer) RETURNS SETOF mesh.journal
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT j.* FROM mesh.%I j JOIN mesh.workflow w ON w.service = j.service AND w.id = j.id AND j.at >= w.started_at
        LEFT JOIN mesh.setting s ON s.name = ''workflow_retention.'' || j.service
        WHERE j.run = w.run OR j.at > now() - coalesce(s.value, mesh.setting_value(''workflow_retention''), ''7 days'')::interval',
        'journal_' || slot);
END $$;
COMMENT ON FUNCTION mesh.journal_needed(integer) IS 'The entries of a child of the journal that are still needed.';

-- Locks a child alone, without making others queue up behind the wait.
CREATE FUNCTION mesh.lock_soon(child text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    FOR attempt IN 1 .. 200 LOOP
        BEGIN
            EXECUTE format('LOCK TABLE mesh.%I IN ACCESS EXCLUSIVE MODE NOWAIT', child);
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.001);
        END;
    END LOOP;
    RAISE lock_not_available;
END $$;
COMMENT ON FUNCTION mesh.lock_soon(text) IS 'Locks a child of a rotated table alone as soon as nobody uses it, or raises lock_not_available after 0.2 s.';

-- Empties one child of the journal that is past the retention, after what is still needed of it was copied into the active child; one that is
-- needed for the most part is left alone for a while. -1: somebody sits on it; null: none is ready.
CREATE FUNCTION mesh.sweep_journal() RETURNS integer
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    candidate integer;
    child text;
    total bigint;
    needed bigint;
BEGIN
    SELECT c.slot INTO candidate FROM mesh.journal_child c
        WHERE c.slot <> mesh.active_slot('journal') AND c.closed_at < now() - mesh.shortest_retention()
            AND (c.looked_at IS NULL OR c.looked_at < now() - least(mesh.shortest_retention() / 16, interval '10 minutes'))
        ORDER BY c.closed_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF candidate IS NULL THEN RETURN NULL; END IF;
    child := 'journal_' || candidate;
    -- Whoever still writes with the old slot ends first; readers go on until the very end.
    BEGIN
        EXECUTE format('LOCK TABLE mesh.%I IN SHARE MODE NOWAIT', child);
        EXECUTE format('SELECT count(*) FROM mesh.%I', child) INTO total;
        SELECT count(*) INTO needed FROM mesh.journal_needed(candidate);
        IF needed > total / 2 AND needed > 1000 THEN
            UPDATE mesh.journal_child c SET looked_at = clock_timestamp() WHERE c.slot = candidate;
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
        RETURN -1;
    END;
END $$;
COMMENT ON FUNCTION mesh.sweep_journal() IS 'Empties a child of the journal that is past the retention, copying what is still needed forward.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mesh FROM PUBLIC;
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'mesh'::regnamespace AND (p.proname LIKE 'as\_%' OR p.proname = 'readable') LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', f);
    END LOOP;
END $$;
SELECT mesh.grant_rights();
