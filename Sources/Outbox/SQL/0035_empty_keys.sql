-- A record's key may be empty, and then so is its dead letter's: published again it keeps that, as it keeps everything else. What applications bring anew
-- has a key. What differs from migration 33 is the first check.
CREATE OR REPLACE FUNCTION mesh.put(known text, a_topic text, a_type text, a_key text, a_data text,
    an_id text DEFAULT NULL, a_source text DEFAULT '/sql', some_headers text DEFAULT NULL, a_time timestamptz DEFAULT NULL)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    now_at constant timestamptz := coalesce(a_time, clock_timestamp());
    new_id constant text := coalesce(an_id, mesh.new_id(now_at));
    the_key constant text := CASE WHEN an_id IS NULL THEN coalesce(a_key, new_id) ELSE a_key END;
BEGIN
    IF octet_length(the_key) > 1024 OR an_id IS NULL AND the_key = '' THEN
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
