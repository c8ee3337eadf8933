-- What mesh.emit notes for a transaction stands in a setting, and a setting is the session's: whoever may call mesh.emit could write a note of his own, with
-- any topic in it. So the topic of a message is never taken from there: it is the route's, looked up by the statement that inserts the message. As migration
-- 12 has it else.
CREATE OR REPLACE FUNCTION mesh.emit(event text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER AS $$
#variable_conflict use_variable
DECLARE
    known constant pg_catalog.text := pg_catalog.current_setting('mesh.outbox', true);
    parsed constant pg_catalog.json := data;
    number pg_catalog.int8;
    id pg_catalog.text;
BEGIN
    IF (pg_catalog.substr(known, 26) OPERATOR(pg_catalog.=)
            (pg_catalog.pg_current_xact_id()::pg_catalog.text OPERATOR(pg_catalog.||) ':' OPERATOR(pg_catalog.||) event)
        AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.>) 0 AND pg_catalog.octet_length(key) OPERATOR(pg_catalog.<=) 1024
        AND pg_catalog.octet_length(data) OPERATOR(pg_catalog.<=) 1000000) IS NOT TRUE
    THEN
        RETURN mesh.emit_anew(event, key, data);
    END IF;
    number := pg_catalog.nextval('mesh.outbox_sql_id');
    id := pg_catalog.substr(known, 2, 24) OPERATOR(pg_catalog.||) pg_catalog.lpad(pg_catalog.to_hex(number), 12, '0');
    INSERT INTO mesh.outbox_sql (slot, xid, id, created_at, topic, key, message_id, type, source, data, headers)
        SELECT pg_catalog.substr(known, 1, 1)::pg_catalog.int2, pg_catalog.pg_current_xact_id(), number, pg_catalog.clock_timestamp(), r.topic,
            key, id, r.name, '/sql', data, NULL
        FROM mesh.route r WHERE r.name OPERATOR(pg_catalog.=) event AND r.kind OPERATOR(pg_catalog.<>) 'method' LIMIT 1;
    -- The note isn't ours, or its event was taken out of force since.
    IF NOT FOUND THEN RETURN mesh.emit_anew(event, key, data); END IF;
    RETURN id;
END $$;
