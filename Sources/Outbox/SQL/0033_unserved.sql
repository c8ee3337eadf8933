-- What services leave that are out of force, or don't handle an event any more.

-- A service that is out of force still waits for the calls that it was sent. Of events it is sent none, so there it doesn't count: what it might
-- hear one day would be kept for ever.
CREATE OR REPLACE VIEW mesh.subscription AS
    SELECT r.topic, r.service AS consumer_group FROM mesh.route r WHERE r.kind IN ('method', 'handler')
    UNION SELECT p.topic, p.consumer_group FROM mesh.position p WHERE p.topic = p.consumer_group;

-- Leases a free router lane. `abandoned` takes only one with rows that may not be in the log: of a router that has gone, or of a partition whose
-- service doesn't read it any more, so that no owner will come and publish them.
CREATE OR REPLACE FUNCTION mesh.claim_router_lane(an_owner text, seconds double precision, abandoned boolean) RETURNS SETOF mesh.lane
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    chosen bigint;
BEGIN
    SELECT l.id INTO chosen FROM mesh.lane l
        WHERE (l.owner IS NULL OR l.lease_until < clock_timestamp()) AND (l.next_seq - 1 > l.acked_seq OR NOT abandoned)
            AND (l.kind = 'router' OR (abandoned AND l.kind = 'worker' AND NOT EXISTS (
                SELECT FROM mesh.position p JOIN mesh.route r ON r.service = p.consumer_group AND r.topic = p.topic
                    AND r.kind IN ('method', 'handler') WHERE p.lane = l.id)))
        ORDER BY l.next_seq - 1 > l.acked_seq DESC, l.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF chosen IS NULL THEN
        IF abandoned THEN RETURN; END IF;
        INSERT INTO mesh.lane (kind, name) VALUES ('router', 'router-' || nextval('mesh.router_lane')) RETURNING id INTO chosen;
    END IF;
    RETURN QUERY UPDATE mesh.lane l
        SET owner = an_owner, lease_epoch = l.lease_epoch + 1, lease_until = clock_timestamp() + make_interval(secs => seconds)
        WHERE l.id = chosen RETURNING l.*;
END $$;
COMMENT ON FUNCTION mesh.claim_router_lane(text, double precision, boolean) IS
    'Leases a free router lane, making one where there is none; or any lane with rows that nobody else will publish.';
COMMENT ON COLUMN mesh.lane.owner IS 'Who holds the lease of a router or sql lane, or publishes what a worker lane was left with; else a worker lane belongs to its partition''s owner.';

-- As before, but a message that is published again keeps what it was without: a key, else its handler would be given another one.
CREATE OR REPLACE FUNCTION mesh.put(known text, a_topic text, a_type text, a_key text, a_data text,
    an_id text DEFAULT NULL, a_source text DEFAULT '/sql', some_headers text DEFAULT NULL, a_time timestamptz DEFAULT NULL)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    now_at constant timestamptz := coalesce(a_time, clock_timestamp());
    new_id constant text := coalesce(an_id, mesh.new_id(now_at));
    the_key constant text := CASE WHEN an_id IS NULL THEN coalesce(a_key, new_id) ELSE a_key END;
BEGIN
    IF octet_length(the_key) NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'the key has % bytes; 1 to 1024 are allowed', octet_length(the_key) USING ERRCODE = '22023';
    END IF;
    IF an_id IS NULL AND octet_length(a_data) > 1000000 THEN
        RAISE EXCEPTION 'the data has % bytes; at most 1000000 are allowed', octet_length(a_data)
            USING ERRCODE = '54000', HINT = 'Store large content elsewhere and send a reference to it.';
    END IF;
    INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
        VALUES (coalesce(left(known, 1)::smallint, mesh.active_slot('outbox_sql')), pg_current_xact_id(), nextval('mesh.outbox_sql_id'), now_at, a_topic, the_key, new_id,
            a_type, a_source, a_data, some_headers);
    IF known IS NULL THEN
        -- The place was drawn before this message: lock its key's bucket as well, and draw another.
        INSERT INTO mesh.outbox_transaction (slot, xid, commit_seq)
            VALUES (mesh.active_slot('outbox_transaction'), pg_current_xact_id(), 0);
    END IF;
    RETURN new_id;
END $$;
