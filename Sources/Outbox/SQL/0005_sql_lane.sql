-- The SQL lane: what applications put into the outbox from their own transactions, and how the relay reads it.
--
-- The order that matters is that of commits, per key. A sequence value is drawn long before the commit, so it can't tell. Therefore the
-- first message of a transaction also inserts a marker, whose deferred trigger at commit locks the buckets of its keys, in ascending order, and only then draws commit_seq. Of two transactions with a common key the second draws after the first
-- has committed (Postgres makes a transaction visible before it lets go of its locks). No lock is held while the application still works.
--
-- The relay never asks for "id > last", which loses what commits late: it takes a snapshot s2 and delivers what s2 sees and the one
-- before, s1, did not.

-- Within a session, and so within a transaction, ids rise; between transactions commit_seq decides.
CREATE SEQUENCE mesh.outbox_sql_id CACHE 64;
COMMENT ON SEQUENCE mesh.outbox_sql_id IS 'Orders the messages within a transaction.';
CREATE SEQUENCE mesh.commit_sequence;
COMMENT ON SEQUENCE mesh.commit_sequence IS 'Orders the transactions: drawn at commit, under the locks of their keys.';

CREATE TABLE mesh.outbox_sql (
    slot smallint NOT NULL,
    xid xid8 NOT NULL,
    id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    topic text NOT NULL,
    key text,
    message_id text NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    data text NOT NULL,
    headers text
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('outbox_sql', 4, '(xid, id)', true);
COMMENT ON TABLE mesh.outbox_sql IS 'Messages from mesh.emit and mesh.send until the log has them; written once, never updated.';
COMMENT ON COLUMN mesh.outbox_sql.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.outbox_sql.xid IS 'The transaction that wrote it.';
COMMENT ON COLUMN mesh.outbox_sql.id IS 'Orders it within its transaction.';
COMMENT ON COLUMN mesh.outbox_sql.created_at IS 'The message''s time (ce_time).';
COMMENT ON COLUMN mesh.outbox_sql.topic IS 'The topic it goes to.';
COMMENT ON COLUMN mesh.outbox_sql.key IS 'The record''s key.';
COMMENT ON COLUMN mesh.outbox_sql.message_id IS 'The message''s id (ce_id).';
COMMENT ON COLUMN mesh.outbox_sql.type IS 'The message''s type (ce_type).';
COMMENT ON COLUMN mesh.outbox_sql.source IS 'Who made it (ce_source).';
COMMENT ON COLUMN mesh.outbox_sql.data IS 'The payload, JSON.';
COMMENT ON COLUMN mesh.outbox_sql.headers IS 'Further headers as a JSON object, or null.';

CREATE TABLE mesh.outbox_transaction (
    slot smallint NOT NULL,
    xid xid8 NOT NULL,
    commit_seq bigint NOT NULL
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('outbox_transaction', 4, '(xid, commit_seq) WHERE commit_seq > 0', false);
CREATE INDEX outbox_transaction_order ON mesh.outbox_transaction (commit_seq) WHERE commit_seq > 0;
COMMENT ON TABLE mesh.outbox_transaction IS 'The place of each transaction with messages in the order of commits; where it has several rows, the highest counts.';
COMMENT ON COLUMN mesh.outbox_transaction.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.outbox_transaction.xid IS 'The transaction.';
COMMENT ON COLUMN mesh.outbox_transaction.commit_seq IS 'Its place; 0 in the marker that makes it draw one.';

CREATE TABLE mesh.relay_tick (
    slot smallint NOT NULL,
    tick bigint NOT NULL,
    lease_epoch bigint NOT NULL,
    seen pg_snapshot NOT NULL,
    upto pg_snapshot NOT NULL,
    first_seq bigint NOT NULL,
    acked_seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
) PARTITION BY LIST (slot);
SELECT mesh.make_slots('relay_tick', 4, '(tick)', true);
COMMENT ON TABLE mesh.relay_tick IS 'What the relay published in which order: committed before it is published, so that a crash publishes the same messages with the same sequences.';
COMMENT ON COLUMN mesh.relay_tick.slot IS 'The child that holds it.';
COMMENT ON COLUMN mesh.relay_tick.tick IS 'Rises by one.';
COMMENT ON COLUMN mesh.relay_tick.lease_epoch IS 'The lease it was made under.';
COMMENT ON COLUMN mesh.relay_tick.seen IS 'Transactions that earlier ticks have delivered.';
COMMENT ON COLUMN mesh.relay_tick.upto IS 'This tick delivers what is visible here and isn''t in seen, ordered by (commit_seq, id).';
COMMENT ON COLUMN mesh.relay_tick.first_seq IS 'The lane''s sequence of its first message.';
COMMENT ON COLUMN mesh.relay_tick.acked_seq IS 'What was safe in the log when it was made.';
COMMENT ON COLUMN mesh.relay_tick.at IS 'When.';

INSERT INTO mesh.lane (kind, name) VALUES ('sql', 'sql');

-- Runs at commit (or at once under SET CONSTRAINTS … IMMEDIATE; then once more after each further message, and the highest place counts).
-- The keys are read from the rows: that costs less than keeping a list at each message, and what was rolled back to a savepoint isn't there.
CREATE FUNCTION mesh.seal_transaction() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    own constant xid8 := pg_current_xact_id();
    known constant text := current_setting('mesh.outbox', true);
BEGIN
    IF current_setting('transaction_isolation') = 'serializable' THEN
        -- To read the rows here would count as reading what others write beside them, and make transactions fail. All buckets are right as well.
        PERFORM pg_advisory_xact_lock(1835365224, bucket) FROM generate_series(0, 255) bucket;
    ELSIF starts_with(substr(known, 26), own::text || ':') THEN
        -- All in one child.
        PERFORM pg_advisory_xact_lock(1835365224, b.bucket) FROM (
            SELECT DISTINCT hashtext(o.key) & 255 AS bucket FROM mesh.outbox_sql o
            WHERE o.slot = left(known, 1)::smallint AND o.xid = own ORDER BY 1 OFFSET 0) b;
    ELSE
        PERFORM pg_advisory_xact_lock(1835365224, b.bucket) FROM (
            SELECT DISTINCT hashtext(o.key) & 255 AS bucket FROM mesh.outbox_sql o WHERE o.xid = own ORDER BY 1 OFFSET 0) b;
    END IF;
    INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
        SELECT r.active, own, nextval('mesh.commit_sequence') FROM mesh.rotation r WHERE r.name = 'outbox_transaction';
    PERFORM set_config('mesh.outbox', 'sealed ' || own::text, true);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION mesh.seal_transaction() IS 'Locks the buckets of the transaction''s keys, then draws its place in the order of commits.';

DO $$ BEGIN
    FOR slot IN 0 .. 3 LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER outbox_seal AFTER INSERT ON mesh.outbox_transaction_%s DEFERRABLE INITIALLY DEFERRED '
            'FOR EACH ROW WHEN (NEW.commit_seq = 0) EXECUTE FUNCTION mesh.seal_transaction()', slot);
        -- Also under session_replication_role = replica.
        EXECUTE format('ALTER TABLE mesh.outbox_transaction_%s ENABLE ALWAYS TRIGGER outbox_seal', slot);
    END LOOP;
END $$;

CREATE FUNCTION mesh.new_id(at timestamptz DEFAULT clock_timestamp()) RETURNS text
    LANGUAGE sql VOLATILE
    -- A version 4 has 4 in its version bits; two more bits make it 7. date_part, since extract computes with numeric.
    RETURN encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((date_part('epoch', at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid::text;
COMMENT ON FUNCTION mesh.new_id(timestamptz) IS 'A new message id: a UUID of version 7, so that ids sort by time.';

-- Publishes an open dead letter again, for the service that gave up alone; false when it isn't open any more.
CREATE FUNCTION mesh.redrive(letter bigint, an_actor text, a_topic text, a_type text, an_id text, a_key text, a_source text, a_data text,
    some_headers text, a_time timestamptz) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE mesh.dead_letter SET status = 'redriven', resolved_at = now(), resolved_by = an_actor WHERE id = letter AND status = 'open';
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM mesh.put(mesh.open_transaction(), a_topic, a_type, a_key, a_data, an_id, a_source, some_headers, a_time);
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'redrive', 'dead letter ' || letter, jsonb_build_object('message', an_id));
    RETURN true;
END $$;
COMMENT ON FUNCTION mesh.redrive(bigint, text, text, text, text, text, text, text, text, timestamptz) IS
    'Publishes an open dead letter again, for the service that gave up alone.';
