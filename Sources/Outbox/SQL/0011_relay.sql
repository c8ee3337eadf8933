-- How the relay reads the SQL lane, in PL/pgSQL, whose plans stay, since it runs many times a second.

-- Makes a tick if there is something to deliver. `upto` comes back in any case, for the relay to go on from.
CREATE FUNCTION mesh.relay_tick(
    IN a_lane bigint, IN mine bigint, IN next_tick bigint, IN seen_so_far text, IN next_sequence bigint, IN acked bigint,
    OUT made boolean, OUT upto text)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    s1 constant pg_snapshot := seen_so_far;
    s2 pg_snapshot;
    ended xid8[];
BEGIN
    s2 := pg_current_snapshot();
    ended := ARRAY(SELECT x FROM pg_snapshot_xip(s1) x WHERE pg_visible_in_snapshot(x, s2));
    made := EXISTS (SELECT FROM mesh.outbox_sql o WHERE o.xid >= pg_snapshot_xmax(s1) AND o.xid < pg_snapshot_xmax(s2)
            AND pg_visible_in_snapshot(o.xid, s2))
        OR (cardinality(ended) > 0 AND EXISTS (SELECT FROM mesh.outbox_sql o WHERE o.xid = ANY (ended)));
    upto := s2;
    IF made THEN
        PERFORM FROM mesh.lane l WHERE l.id = a_lane AND l.lease_epoch = mine AND l.owner IS NOT NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the sql lane isn''t leased under epoch % any more', mine
                USING ERRCODE = 'MF001', HINT = 'Another relay has claimed it.';
        END IF;
        INSERT INTO mesh.relay_tick (slot, tick, lease_epoch, seen, upto, first_seq, acked_seq)
            VALUES (mesh.active_slot('relay_tick'), next_tick, mine, s1, s2, next_sequence, acked);
    END IF;
END $$;
COMMENT ON FUNCTION mesh.relay_tick(bigint, bigint, bigint, text, bigint, bigint) IS 'Makes the relay''s next tick if there is something to deliver.';

-- A page of a tick in order, after a place in it: the rest of the transaction the last page ended in, then the ones after it.
CREATE FUNCTION mesh.relay_page(a_tick bigint, after_place bigint, after_id bigint, page integer)
    RETURNS TABLE (place bigint, id bigint, created_at timestamptz, topic text, key text, message_id text, type text, source text,
        data text, headers text)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
    SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    s1 pg_snapshot;
    s2 pg_snapshot;
    ended xid8[];
    n integer;
    rest integer := page;
    lowest bigint := after_place + 1;
BEGIN
    SELECT t.seen, t.upto INTO s1, s2 FROM mesh.relay_tick t WHERE t.tick = a_tick;
    IF NOT FOUND THEN RETURN; END IF;
    ended := ARRAY(SELECT x FROM pg_snapshot_xip(s1) x WHERE pg_visible_in_snapshot(x, s2));
    IF after_place <= 0 THEN
        -- The index on commit_seq would be walked from its start, through all that was delivered long ago.
        -- Two queries, since an OR of the two couldn't use the index.
        lowest := least(
            (SELECT min(t.commit_seq + 0) FROM mesh.outbox_transaction t WHERE t.commit_seq > 0
                AND t.xid >= pg_snapshot_xmax(s1) AND t.xid < pg_snapshot_xmax(s2) AND pg_visible_in_snapshot(t.xid, s2)),
            (SELECT min(t.commit_seq + 0) FROM mesh.outbox_transaction t WHERE t.commit_seq > 0 AND t.xid = ANY (ended)));
    ELSE
        RETURN QUERY SELECT after_place, o.id, o.created_at, o.topic, o.key, o.message_id, o.type, o.source, o.data, o.headers
            FROM mesh.outbox_sql o
            WHERE o.xid = (SELECT t.xid FROM mesh.outbox_transaction t WHERE t.commit_seq = after_place AND t.commit_seq > 0) AND o.id > after_id
            ORDER BY o.id LIMIT rest;
        GET DIAGNOSTICS n = ROW_COUNT;
        rest := rest - n;
    END IF;
    IF rest <= 0 OR lowest IS NULL THEN RETURN; END IF;
    RETURN QUERY SELECT t.commit_seq, o.id, o.created_at, o.topic, o.key, o.message_id, o.type, o.source, o.data, o.headers
        FROM mesh.outbox_transaction t
            CROSS JOIN LATERAL (SELECT r.* FROM mesh.outbox_sql r WHERE r.xid = t.xid ORDER BY r.id LIMIT rest) o
        WHERE t.commit_seq >= lowest AND t.commit_seq > 0
            AND ((t.xid >= pg_snapshot_xmax(s1) AND t.xid < pg_snapshot_xmax(s2) AND pg_visible_in_snapshot(t.xid, s2))
                OR t.xid = ANY (ended))
            AND NOT EXISTS (SELECT FROM mesh.outbox_transaction l WHERE l.xid = t.xid AND l.commit_seq > 0 AND l.commit_seq > t.commit_seq)
        ORDER BY t.commit_seq, o.id LIMIT rest;
END $$;
COMMENT ON FUNCTION mesh.relay_page(bigint, bigint, bigint, integer) IS 'A page of a tick''s messages in the order of commits.';
