-- Dead letters are looked for by method, key and code. Names and keys are what senders write, of any length, and an index has a bound: a dead letter that
-- didn't fit into it could not be stored, and would hold its partition up for ever. So their beginnings are indexed.
CREATE INDEX dead_letter_method ON mesh.dead_letter (status, left(method, 200), id);
CREATE INDEX dead_letter_key ON mesh.dead_letter (status, left(key, 200), id);
CREATE INDEX dead_letter_code ON mesh.dead_letter (status, left(error_code, 200), id);

-- Publishes an open dead letter with another payload; false when it isn't open any more. The row keeps the payload that came, and the audit trail the
-- digests of both.
CREATE FUNCTION mesh.redrive_edited(letter bigint, an_actor text, a_topic text, a_type text, an_id text, a_key text, a_source text, a_data text,
    some_headers text, a_time timestamptz) RETURNS boolean
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    original bytea;
BEGIN
    UPDATE mesh.dead_letter d SET status = 'redriven', resolved_at = now(), resolved_by = an_actor WHERE d.id = letter AND d.status = 'open'
        RETURNING d.payload INTO original;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM mesh.put(mesh.open_transaction(), a_topic, a_type, a_key, a_data, an_id, a_source, some_headers, a_time);
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'redrive', 'dead letter ' || letter, jsonb_build_object('message', an_id,
            'payload_sha256', encode(sha256(convert_to(a_data, 'UTF8')), 'hex'), 'original_sha256', encode(sha256(original), 'hex')));
    RETURN true;
END $$;
COMMENT ON FUNCTION mesh.redrive_edited(bigint, text, text, text, text, text, text, text, text, timestamptz) IS
    'Publishes an open dead letter again with another payload, for the service that gave up alone; the original stays in mesh.dead_letter.';
REVOKE ALL ON FUNCTION mesh.redrive_edited(bigint, text, text, text, text, text, text, text, text, timestamptz) FROM PUBLIC;
COMMENT ON COLUMN mesh.fact.details IS 'Further facts: digest and version, the reason that was given, the message that was sent, digests of what was replaced.';

COMMENT ON COLUMN mesh.fact.subject IS 'To what: a namespace, a service, a dead letter, a state, a workflow, a schedule, a token''s name.';
COMMENT ON COLUMN mesh.fact.action IS 'What: deploy, undeploy, view, redrive, discard, token, revoke token; of a state set state, delete state; of a workflow cancel, terminate, retry, reset, upgrade; of a schedule pause, resume, trigger; of the broker reset; of the database restore.';

SELECT mesh.grant_rights();
