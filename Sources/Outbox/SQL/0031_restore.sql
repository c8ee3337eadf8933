-- After Postgres was restored to an earlier point, the log has records of lanes whose sequences the lanes would use again: workers would take
-- what comes then for what they have had, and drop it.

-- The sequences of all lanes go on far above any that were ever used: microseconds since 1970, of which no lane uses a million a second.
CREATE FUNCTION mesh.after_restore(an_actor text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_free constant bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    last_tick mesh.relay_tick;
BEGIN
    -- No commit is under way from here on; who held something claims it anew.
    LOCK TABLE mesh.position IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE mesh.lane IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO last_tick FROM mesh.relay_tick t ORDER BY t.tick DESC LIMIT 1;
    IF pg_snapshot_xmax(last_tick.upto) > pg_snapshot_xmax(pg_current_snapshot()) THEN
        RAISE EXCEPTION 'these tables come from another database cluster: what mesh.emit and mesh.send wrote there can''t be told from what was written since'
            USING ERRCODE = 'MF004', HINT = 'Restore a physical backup. To move a mesh by dump and restore, see docs/operations.md.';
    END IF;
    UPDATE mesh.lane l SET lease_epoch = l.lease_epoch + 1, owner = NULL, lease_until = NULL;
    UPDATE mesh.lane l SET next_seq = greatest(l.next_seq, first_free),
            acked_seq = CASE WHEN l.acked_seq = l.next_seq - 1 THEN greatest(l.next_seq, first_free) - 1 ELSE l.acked_seq END
        WHERE l.kind <> 'sql';
    -- An empty tick, from whose first sequence the relay goes on.
    INSERT INTO mesh.relay_tick (slot, tick, lease_epoch, seen, upto, first_seq, acked_seq)
        SELECT mesh.active_slot('relay_tick'), coalesce(last_tick.tick, 0) + 1, l.lease_epoch, coalesce(last_tick.upto, '3:3:'),
            coalesce(last_tick.upto, '3:3:'), greatest(coalesce(last_tick.first_seq, 1), first_free), coalesce(last_tick.acked_seq, 0)
        FROM mesh.lane l WHERE l.kind = 'sql';
    UPDATE mesh.position p SET epoch = p.epoch + 1;
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'restore', 'database', jsonb_build_object('first_sequence', first_free));
END $$;
COMMENT ON FUNCTION mesh.after_restore(text) IS 'To be called once after Postgres was restored to an earlier point, before anything is started: sequences that the log may have are not used again.';
REVOKE EXECUTE ON FUNCTION mesh.after_restore(text) FROM public;
