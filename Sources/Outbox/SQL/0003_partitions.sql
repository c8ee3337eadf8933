-- What the owner of a partition reads and writes: position (the fence), lanes, watermarks, inbox, state, outbox, parked messages,
-- dead letters, results. Each function is called once per batch, never per row. They switch plan types off that would be chosen while
-- a table is small and be ruinous once it has grown, since a plan is kept for a connection's life.

CREATE TABLE mesh.lane (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('worker', 'router', 'sql')),
    name text NOT NULL,
    epoch bigint NOT NULL DEFAULT 1 CHECK (epoch > 0),
    next_seq bigint NOT NULL DEFAULT 1 CHECK (next_seq > 0),
    acked_seq bigint NOT NULL DEFAULT 0 CHECK (acked_seq >= 0),
    owner text,
    lease_epoch bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    UNIQUE (kind, name),
    CHECK (acked_seq < next_seq OR kind = 'sql')
) WITH (fillfactor = 50);
COMMENT ON TABLE mesh.lane IS 'The sources of published messages; consumers deduplicate by lane and sequence.';
COMMENT ON COLUMN mesh.lane.id IS 'The lane, as in the header mesh_lane.';
COMMENT ON COLUMN mesh.lane.kind IS 'worker (a partition''s), router (leased by one), sql (what mesh.emit and mesh.send bring).';
COMMENT ON COLUMN mesh.lane.name IS 'Names it within its kind: group:topic/partition of a worker lane.';
COMMENT ON COLUMN mesh.lane.epoch IS 'Rises when everything retained is published anew; records of an older epoch are stale then.';
COMMENT ON COLUMN mesh.lane.next_seq IS 'The sequence of its next message; never goes back. Of the sql lane: see mesh.relay_tick.';
COMMENT ON COLUMN mesh.lane.acked_seq IS 'All messages up to this one are safe in the log.';
COMMENT ON COLUMN mesh.lane.owner IS 'Who holds the lease of a router or sql lane; a worker lane belongs to its partition''s owner.';
COMMENT ON COLUMN mesh.lane.lease_epoch IS 'The fence of the lease: rises with each claim.';
COMMENT ON COLUMN mesh.lane.lease_until IS 'When the lease ends unless it is renewed.';

CREATE TABLE mesh.position (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    epoch bigint NOT NULL DEFAULT 1,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    completed bytea NOT NULL DEFAULT '' CHECK (octet_length(completed) <= 512),
    completed_lanes bigint[] NOT NULL DEFAULT '{}',
    completed_seqs bigint[] NOT NULL DEFAULT '{}',
    log_end bigint,
    lane bigint NOT NULL REFERENCES mesh.lane,
    owner text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic, partition),
    CHECK (cardinality(completed_lanes) = cardinality(completed_seqs))
) WITH (fillfactor = 50);
COMMENT ON TABLE mesh.position IS 'How far each partition is; the fence that keeps a former owner from committing. Kafka''s offsets are a copy.';
COMMENT ON COLUMN mesh.position.consumer_group IS 'Who reads it: the service, qualified; each service has positions of its own.';
COMMENT ON COLUMN mesh.position.topic IS 'The topic.';
COMMENT ON COLUMN mesh.position.partition IS 'The partition.';
COMMENT ON COLUMN mesh.position.epoch IS 'Rises with each claim; a commit must name it.';
COMMENT ON COLUMN mesh.position.next_offset IS 'The lowest offset that isn''t done; a commit must name the one before it.';
COMMENT ON COLUMN mesh.position.completed IS 'Which offsets from next_offset on are done, a bit each, least significant first; at most 4,096.';
COMMENT ON COLUMN mesh.position.completed_lanes IS 'The lanes of what is done from next_offset on, for brokers that may come back empty: offsets mean nothing then.';
COMMENT ON COLUMN mesh.position.completed_seqs IS 'The sequences that go with completed_lanes.';
COMMENT ON COLUMN mesh.position.log_end IS 'The end of the log as the owner last saw it; mesh.lag shows the difference.';
COMMENT ON COLUMN mesh.position.lane IS 'The lane of what the partition''s handlers send.';
COMMENT ON COLUMN mesh.position.owner IS 'Who claimed it last.';
COMMENT ON COLUMN mesh.position.claimed_at IS 'When.';

CREATE TABLE mesh.watermark (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    lane bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition, lane)
) WITH (fillfactor = 50);
COMMENT ON TABLE mesh.watermark IS 'What a partition has consumed of each lane: the highest sequence among the records below next_offset. This is the deduplication.';
COMMENT ON COLUMN mesh.watermark.consumer_group IS 'The consumer group.';
COMMENT ON COLUMN mesh.watermark.topic IS 'The topic.';
COMMENT ON COLUMN mesh.watermark.partition IS 'The partition.';
COMMENT ON COLUMN mesh.watermark.lane IS 'The lane.';
COMMENT ON COLUMN mesh.watermark.epoch IS 'The lane''s epoch in that record.';
COMMENT ON COLUMN mesh.watermark.seq IS 'The sequence; a record not above it is a duplicate.';

CREATE TABLE mesh.inbox (
    slot smallint NOT NULL,
    consumer_group text NOT NULL,
    id text NOT NULL
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('inbox', 6, '(consumer_group, id)', true);
COMMENT ON TABLE mesh.inbox IS 'Ids of messages from outside the mesh that were consumed, kept for deduplication_hours.';
COMMENT ON COLUMN mesh.inbox.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.inbox.consumer_group IS 'The consumer group.';
COMMENT ON COLUMN mesh.inbox.id IS 'The message''s id (ce_id, or topic/partition/offset).';

CREATE TABLE mesh.state (
    service text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    data jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE mesh.state IS 'The keyed state of all services; each service with a state type has a view of its own with columns.';
COMMENT ON COLUMN mesh.state.service IS 'The service, qualified.';
COMMENT ON COLUMN mesh.state.key IS 'The key.';
COMMENT ON COLUMN mesh.state.version IS 'Rises with each write; a write must name the version that was read.';
COMMENT ON COLUMN mesh.state.data IS 'The state.';
COMMENT ON COLUMN mesh.state.updated_at IS 'When it was last written.';

CREATE TABLE mesh.outbox (
    slot smallint NOT NULL,
    lane bigint NOT NULL,
    seq bigint NOT NULL,
    partition integer NOT NULL,
    created_at timestamptz NOT NULL,
    topic text NOT NULL,
    key text,
    id text NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    data text NOT NULL,
    headers text
) PARTITION BY LIST (slot);
-- Unique, though it is only read after a crash and by the janitor: two messages under one sequence would be a lost one, so Postgres refuses them.
SELECT mesh.make_slots('outbox', 8, '(lane, seq)', true);
COMMENT ON TABLE mesh.outbox IS 'Messages committed together with the state that caused them, until the log has them; written once, never updated.';
COMMENT ON COLUMN mesh.outbox.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.outbox.lane IS 'Whose message it is.';
COMMENT ON COLUMN mesh.outbox.seq IS 'Its sequence in the lane.';
COMMENT ON COLUMN mesh.outbox.partition IS 'The partition it goes to.';
COMMENT ON COLUMN mesh.outbox.created_at IS 'The message''s time (ce_time).';
COMMENT ON COLUMN mesh.outbox.topic IS 'The topic it goes to.';
COMMENT ON COLUMN mesh.outbox.key IS 'The record''s key.';
COMMENT ON COLUMN mesh.outbox.id IS 'The message''s id (ce_id).';
COMMENT ON COLUMN mesh.outbox.type IS 'The message''s type (ce_type): shop.Orders/place, order.placed.';
COMMENT ON COLUMN mesh.outbox.source IS 'Who made it (ce_source).';
COMMENT ON COLUMN mesh.outbox.data IS 'The payload, JSON.';
COMMENT ON COLUMN mesh.outbox.headers IS 'Further headers as a JSON object, or null.';

CREATE TABLE mesh.parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    service text NOT NULL,
    method text NOT NULL,
    key text NOT NULL,
    message_id text NOT NULL,
    message_key text,
    type text NOT NULL,
    source text NOT NULL,
    created_at timestamptz NOT NULL,
    data text NOT NULL,
    headers text,
    attempts integer NOT NULL CHECK (attempts >= 0),
    due timestamptz,
    error_code text,
    error_message text,
    digest text,
    parked_at timestamptz NOT NULL DEFAULT now(),
    CHECK (attempts = 0 OR error_code IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX parked_key ON mesh.parked (consumer_group, topic, partition, service, key, id);
CREATE INDEX parked_due ON mesh.parked (consumer_group, topic, partition, due) WHERE due IS NOT NULL;
COMMENT ON TABLE mesh.parked IS 'Executions that wait for their next attempt, and those of the same key that wait behind them.';
COMMENT ON COLUMN mesh.parked.id IS 'Rises in the order in which those of one key run.';
COMMENT ON COLUMN mesh.parked.consumer_group IS 'The consumer group.';
COMMENT ON COLUMN mesh.parked.topic IS 'The topic of the record.';
COMMENT ON COLUMN mesh.parked.partition IS 'Its partition.';
COMMENT ON COLUMN mesh.parked.record_offset IS 'Its offset.';
COMMENT ON COLUMN mesh.parked.service IS 'The handling service, qualified.';
COMMENT ON COLUMN mesh.parked.method IS 'The handling method.';
COMMENT ON COLUMN mesh.parked.key IS 'What orders it: the record''s key, or the message''s id where it has none.';
COMMENT ON COLUMN mesh.parked.message_id IS 'The message''s id (ce_id).';
COMMENT ON COLUMN mesh.parked.message_key IS 'The record''s key, or null.';
COMMENT ON COLUMN mesh.parked.type IS 'The message''s type (ce_type).';
COMMENT ON COLUMN mesh.parked.source IS 'Who made it (ce_source).';
COMMENT ON COLUMN mesh.parked.created_at IS 'The message''s time (ce_time).';
COMMENT ON COLUMN mesh.parked.data IS 'The payload, JSON.';
COMMENT ON COLUMN mesh.parked.headers IS 'Further headers as a JSON object, or null.';
COMMENT ON COLUMN mesh.parked.attempts IS 'How many attempts have failed; 0 for one that waits behind another.';
COMMENT ON COLUMN mesh.parked.due IS 'When it is tried again; null while it waits behind another of its key.';
COMMENT ON COLUMN mesh.parked.error_code IS 'The code of the last failure.';
COMMENT ON COLUMN mesh.parked.error_message IS 'What the last attempt said.';
COMMENT ON COLUMN mesh.parked.digest IS 'The module that failed.';
COMMENT ON COLUMN mesh.parked.parked_at IS 'When its first attempt began, or it came to wait: the clock that every attempt sees.';

CREATE TABLE mesh.dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'redriven', 'discarded')),
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    service text,
    method text,
    key text,
    message_id text,
    type text,
    source text,
    payload bytea,
    headers text NOT NULL DEFAULT '{}',
    attempts integer NOT NULL,
    error_code text NOT NULL,
    error_message text NOT NULL,
    error_details text,
    digest text,
    failed_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolved_by text,
    CHECK ((status = 'open') = (resolved_at IS NULL))
);
CREATE INDEX dead_letter_open ON mesh.dead_letter (service, id) WHERE status = 'open';
CREATE INDEX dead_letter_resolved ON mesh.dead_letter (resolved_at) WHERE status <> 'open';
COMMENT ON TABLE mesh.dead_letter IS 'Messages that are out of attempts or permanently refused, with payload and cause; mesh.dead_letters shows them to people.';
COMMENT ON COLUMN mesh.dead_letter.id IS 'Names it for show, redrive, discard.';
COMMENT ON COLUMN mesh.dead_letter.status IS 'open, redriven (published again), discarded (by a person).';
COMMENT ON COLUMN mesh.dead_letter.consumer_group IS 'The consumer group that gave up.';
COMMENT ON COLUMN mesh.dead_letter.topic IS 'The topic of the record.';
COMMENT ON COLUMN mesh.dead_letter.partition IS 'Its partition.';
COMMENT ON COLUMN mesh.dead_letter.record_offset IS 'Its offset.';
COMMENT ON COLUMN mesh.dead_letter.service IS 'The handling service; null where the record couldn''t be read so far.';
COMMENT ON COLUMN mesh.dead_letter.method IS 'The handling method.';
COMMENT ON COLUMN mesh.dead_letter.key IS 'The record''s key.';
COMMENT ON COLUMN mesh.dead_letter.message_id IS 'The message''s id (ce_id).';
COMMENT ON COLUMN mesh.dead_letter.type IS 'The message''s type (ce_type).';
COMMENT ON COLUMN mesh.dead_letter.source IS 'Who made it (ce_source).';
COMMENT ON COLUMN mesh.dead_letter.payload IS 'The record''s value, byte for byte.';
COMMENT ON COLUMN mesh.dead_letter.headers IS 'The record''s headers as a JSON object; a value that isn''t text is {"base64": "…"}.';
COMMENT ON COLUMN mesh.dead_letter.attempts IS 'How many attempts were made.';
COMMENT ON COLUMN mesh.dead_letter.error_code IS 'The code of the cause.';
COMMENT ON COLUMN mesh.dead_letter.error_message IS 'The cause.';
COMMENT ON COLUMN mesh.dead_letter.error_details IS 'Further facts of the cause, as the guest gave them.';
COMMENT ON COLUMN mesh.dead_letter.digest IS 'The module that gave up.';
COMMENT ON COLUMN mesh.dead_letter.failed_at IS 'When.';
COMMENT ON COLUMN mesh.dead_letter.resolved_at IS 'When it was redriven or discarded.';
COMMENT ON COLUMN mesh.dead_letter.resolved_by IS 'By whom.';

CREATE TABLE mesh.call_result (
    slot smallint NOT NULL,
    id text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'ok', 'error')),
    data text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((status = 'pending') = (data IS NULL))
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('call_result', 6, '(id)', false);
COMMENT ON TABLE mesh.call_result IS 'Answers that are kept, because of an idempotency key or to be polled: a row when the call is accepted, another when it is answered.';
COMMENT ON COLUMN mesh.call_result.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.call_result.id IS 'The call''s id.';
COMMENT ON COLUMN mesh.call_result.status IS 'pending (accepted), ok (data is the answer), error (data is the error).';
COMMENT ON COLUMN mesh.call_result.data IS 'The answer or the error, JSON; null while pending.';
COMMENT ON COLUMN mesh.call_result.at IS 'When.';

-- Claims a partition. Only its position's epoch rises: the lane belongs to the position, so whoever is fenced there is fenced here.
CREATE FUNCTION mesh.claim(
    IN a_group text, IN a_topic text, IN a_partition integer, IN an_owner text, IN log_start bigint,
    OUT epoch bigint, OUT next_offset bigint, OUT completed bytea, OUT completed_lanes bigint[], OUT completed_seqs bigint[],
    OUT lane bigint, OUT lane_epoch bigint, OUT next_seq bigint, OUT acked_seq bigint, OUT next_due timestamptz)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    claimed mesh.position;
    its_lane mesh.lane;
    lane_name text := a_group || ':' || a_topic || '/' || a_partition;
BEGIN
    INSERT INTO mesh.lane (kind, name) VALUES ('worker', lane_name) ON CONFLICT (kind, name) DO NOTHING;
    INSERT INTO mesh.position AS p (consumer_group, topic, partition, next_offset, lane, owner)
        SELECT a_group, a_topic, a_partition, log_start, l.id, an_owner
        FROM mesh.lane l WHERE l.kind = 'worker' AND l.name = lane_name
    ON CONFLICT (consumer_group, topic, partition)
        DO UPDATE SET epoch = p.epoch + 1, owner = an_owner, claimed_at = now()
    RETURNING p.* INTO claimed;
    SELECT * INTO its_lane FROM mesh.lane l WHERE l.id = claimed.lane;
    epoch := claimed.epoch;
    next_offset := claimed.next_offset;
    completed := claimed.completed;
    completed_lanes := claimed.completed_lanes;
    completed_seqs := claimed.completed_seqs;
    lane := its_lane.id;
    lane_epoch := its_lane.epoch;
    next_seq := its_lane.next_seq;
    acked_seq := its_lane.acked_seq;
    SELECT min(d.due) INTO next_due FROM mesh.parked d
        WHERE d.consumer_group = a_group AND d.topic = a_topic AND d.partition = a_partition AND d.due IS NOT NULL;
END $$;
COMMENT ON FUNCTION mesh.claim(text, text, integer, text, bigint) IS 'Takes a partition over: raises its epoch and tells its position and lane.';

-- The fence, and the progress that a commit makes.
CREATE FUNCTION mesh.advance(
    a_group text, a_topic text, a_partition integer, mine bigint, expected bigint, upto bigint, done bytea,
    done_lanes bigint[], done_seqs bigint[], end_of_log bigint, a_lane bigint, next_sequence bigint, acked bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE mesh.position p
        SET next_offset = upto, completed = done, completed_lanes = done_lanes, completed_seqs = done_seqs,
            log_end = coalesce(end_of_log, p.log_end)
        WHERE p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition
            AND p.epoch = mine AND p.next_offset = expected AND p.lane = a_lane;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'partition %/% of group % isn''t at epoch % and offset % any more', a_topic, a_partition, a_group, mine, expected
            USING ERRCODE = 'MF001', HINT = 'Another owner has claimed it. Drop what was read of it and claim it again.';
    END IF;
    IF upto < expected THEN
        RAISE EXCEPTION 'offset % of partition %/% is below the stored %', upto, a_topic, a_partition, expected USING ERRCODE = 'MF004';
    END IF;
    UPDATE mesh.lane l SET next_seq = next_sequence, acked_seq = greatest(l.acked_seq, acked)
        WHERE l.id = a_lane AND l.next_seq <= next_sequence AND (l.next_seq <> next_sequence OR l.acked_seq < acked);
    IF NOT FOUND AND EXISTS (SELECT FROM mesh.lane l WHERE l.id = a_lane AND l.next_seq > next_sequence) THEN
        RAISE EXCEPTION 'the next sequence of lane % would go back to %', a_lane, next_sequence USING ERRCODE = 'MF004';
    END IF;
END $$;
COMMENT ON FUNCTION mesh.advance(text, text, integer, bigint, bigint, bigint, bytea, bigint[], bigint[], bigint, bigint, bigint, bigint) IS
    'The fence: moves a partition and its lane on, or raises MF001 when the caller isn''t its owner.';

CREATE FUNCTION mesh.write_watermarks(a_group text, a_topic text, a_partition integer, lanes bigint[], epochs bigint[], seqs bigint[])
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO mesh.watermark AS w (consumer_group, topic, partition, lane, epoch, seq)
        SELECT a_group, a_topic, a_partition, u.lane, u.epoch, u.seq FROM unnest(lanes, epochs, seqs) u(lane, epoch, seq)
    ON CONFLICT (consumer_group, topic, partition, lane)
        DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq WHERE w.seq < excluded.seq
$$;
COMMENT ON FUNCTION mesh.write_watermarks(text, text, integer, bigint[], bigint[], bigint[]) IS 'Raises the watermarks of a partition.';

-- The slot is read under the lock that mesh.move_slot excludes, so no two transactions that run at once use different slots: the unique
-- index of one child decides between them, and what is in other children was committed before.
CREATE FUNCTION mesh.admit(a_group text, ids text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    slot_now smallint;
    fresh text[];
    known bigint[];
BEGIN
    LOCK TABLE ONLY mesh.inbox IN ROW EXCLUSIVE MODE;
    slot_now := mesh.active_slot('inbox');
    WITH added AS (
        INSERT INTO mesh.inbox (slot, consumer_group, id)
            SELECT slot_now, a_group, u.id FROM unnest(ids) u(id) ORDER BY u.id
        ON CONFLICT DO NOTHING RETURNING id)
    SELECT array_agg(a.id) INTO fresh FROM added a;
    SELECT array_agg(u.at) INTO known FROM unnest(ids) WITH ORDINALITY u(id, at)
        WHERE EXISTS (SELECT FROM mesh.inbox i WHERE i.consumer_group = a_group AND i.id = u.id AND i.slot <> slot_now);
    IF cardinality(fresh) IS DISTINCT FROM cardinality(ids) THEN
        known := coalesce(known, '{}') || ARRAY(
            SELECT u.at FROM unnest(ids) WITH ORDINALITY u(id, at) WHERE u.id <> ALL (coalesce(fresh, '{}')));
    END IF;
    IF known IS NOT NULL THEN
        RAISE EXCEPTION '% ids are in the inbox already', cardinality(known)
            USING ERRCODE = 'MF003', DETAIL = array_to_string(known, ',');
    END IF;
END $$;
COMMENT ON FUNCTION mesh.admit(text, text[]) IS 'Records ids in the inbox, or raises MF003 with the places of those that were there.';

CREATE FUNCTION mesh.known_ids(a_group text, ids text[]) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT u.id FROM unnest(ids) u(id)
        WHERE EXISTS (SELECT FROM mesh.inbox i WHERE i.consumer_group = a_group AND i.id = u.id);
END $$;
COMMENT ON FUNCTION mesh.known_ids(text, text[]) IS 'Those of the ids that are in the inbox.';

CREATE FUNCTION mesh.read_state(services text[], keys text[])
    RETURNS TABLE (place bigint, version bigint, data jsonb)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT u.at, s.version, s.data FROM unnest(services, keys) WITH ORDINALITY u(service, key, at)
        JOIN mesh.state s ON s.service = u.service AND s.key = u.key;
END $$;
COMMENT ON FUNCTION mesh.read_state(text[], text[]) IS 'The state of keys, by their place in the arguments.';

CREATE FUNCTION mesh.write_state(services text[], keys text[], expected bigint[], versions bigint[], documents text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    written bigint := 0;
    n bigint;
BEGIN
    IF 0 = ANY (expected) THEN
        INSERT INTO mesh.state (service, key, version, data)
            SELECT u.service, u.key, u.version, u.data::jsonb
            FROM unnest(services, keys, expected, versions, documents) u(service, key, expected, version, data)
            WHERE u.expected = 0 AND u.data IS NOT NULL
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        -- To delete what isn't there is no conflict as long as it still isn't.
        SELECT count(*) INTO n FROM unnest(services, keys, expected, documents) u(service, key, expected, data)
            WHERE u.expected = 0 AND u.data IS NULL
                AND NOT EXISTS (SELECT FROM mesh.state s WHERE s.service = u.service AND s.key = u.key);
        written := written + n;
    END IF;
    IF 0 < ANY (expected) THEN
        UPDATE mesh.state s SET version = u.version, data = u.data::jsonb, updated_at = now()
            FROM unnest(services, keys, expected, versions, documents) u(service, key, expected, version, data)
            WHERE u.expected > 0 AND u.data IS NOT NULL AND s.service = u.service AND s.key = u.key AND s.version = u.expected;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := written + n;
        IF array_position(documents, NULL) IS NOT NULL THEN
            DELETE FROM mesh.state s USING unnest(services, keys, expected, documents) u(service, key, expected, data)
                WHERE u.expected > 0 AND u.data IS NULL AND s.service = u.service AND s.key = u.key AND s.version = u.expected;
            GET DIAGNOSTICS n = ROW_COUNT;
            written := written + n;
        END IF;
    END IF;
    IF written <> cardinality(keys) THEN
        RAISE EXCEPTION '% of % keys were changed by somebody else', cardinality(keys) - written, cardinality(keys)
            -- What this transaction has written is fine. Deletes of what was there are all named: afterwards nobody can tell who
            -- deleted it, and running a key again does no harm.
            USING ERRCODE = 'MF002', DETAIL = array_to_string(ARRAY(
                SELECT u.at FROM unnest(services, keys, expected, documents) WITH ORDINALITY u(service, key, expected, data, at)
                    LEFT JOIN mesh.state s ON s.service = u.service AND s.key = u.key
                WHERE CASE
                    WHEN u.data IS NOT NULL THEN s.xmin IS DISTINCT FROM pg_current_xact_id()::xid
                    WHEN u.expected = 0 THEN s.version IS NOT NULL
                    ELSE true END), ',');
    END IF;
END $$;
COMMENT ON FUNCTION mesh.write_state(text[], text[], bigint[], bigint[], text[]) IS
    'Writes (or, where the document is null, deletes) the state of keys, or raises MF002 with the places of those that have another version.';

CREATE FUNCTION mesh.parked_counts(a_group text, a_topic text, a_partition integer, services text[], keys text[])
    RETURNS TABLE (place bigint, count bigint)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT u.at, count(*) FROM unnest(services, keys) WITH ORDINALITY u(service, key, at)
        JOIN mesh.parked p ON p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition
            AND p.service = u.service AND p.key = u.key
        GROUP BY u.at;
END $$;
COMMENT ON FUNCTION mesh.parked_counts(text, text, integer, text[], text[]) IS 'How many messages are parked for keys, by their place in the arguments.';

-- Deletes parked messages that are done, and makes the next one of each key due.
CREATE FUNCTION mesh.finish_parked(a_group text, a_topic text, a_partition integer, ids bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    services text[];
    keys text[];
BEGIN
    WITH gone AS (
        DELETE FROM mesh.parked p WHERE p.id = ANY (ids)
            AND p.consumer_group = a_group AND p.topic = a_topic AND p.partition = a_partition
        RETURNING p.service, p.key),
    touched AS (SELECT DISTINCT g.service, g.key FROM gone g)
    SELECT array_agg(t.service), array_agg(t.key) INTO services, keys FROM touched t;
    UPDATE mesh.parked p SET due = now()
        FROM unnest(services, keys) u(service, key)
        WHERE p.due IS NULL AND p.id = (
            SELECT n.id FROM mesh.parked n
            WHERE n.consumer_group = a_group AND n.topic = a_topic AND n.partition = a_partition
                AND n.service = u.service AND n.key = u.key
            ORDER BY n.id LIMIT 1);
END $$;
COMMENT ON FUNCTION mesh.finish_parked(text, text, integer, bigint[]) IS 'Deletes parked messages that are done, and makes the next one of each key due.';
