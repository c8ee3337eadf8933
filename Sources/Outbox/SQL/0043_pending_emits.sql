-- What SQL sent before a backup and the relay published after it is in the log, and in the restored tables it waits to be published: it comes twice, under
-- two numbers of its lane. It is one message all the same, with one id, so within these numbers that is what tells.
CREATE TABLE mesh.lane_doubt (
    lane bigint NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    PRIMARY KEY (lane, first_seq),
    CHECK (first_seq <= last_seq)
);
COMMENT ON TABLE mesh.lane_doubt IS 'Numbers of a lane under which messages may be in the log that are sent again, under other numbers, since the database was restored: there the message''s id decides whether it came before.';
COMMENT ON COLUMN mesh.lane_doubt.lane IS 'The lane.';
COMMENT ON COLUMN mesh.lane_doubt.first_seq IS 'The first number that the restored tables haven''t given out for certain.';
COMMENT ON COLUMN mesh.lane_doubt.last_seq IS 'The last one under which something is sent that may have been sent before.';

-- As 0041 has it, and what SQL had sent.
CREATE OR REPLACE FUNCTION mesh.after_restore(an_actor text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_free constant bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    lanes constant regclass := pg_get_serial_sequence('mesh.lane', 'id');
    last_lane bigint;
    first_even bigint;
    last_tick mesh.relay_tick;
    next_of_sql bigint;
    pending bigint;
BEGIN
    -- No commit is under way from here on; who held something claims it anew.
    LOCK TABLE mesh.position IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE mesh.lane IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO last_tick FROM mesh.relay_tick t ORDER BY t.tick DESC LIMIT 1;
    IF pg_snapshot_xmax(last_tick.upto) > pg_snapshot_xmax(pg_current_snapshot()) THEN
        RAISE EXCEPTION 'these tables come from another database cluster: what mesh.emit and mesh.send wrote there can''t be told from what was written since'
            USING ERRCODE = 'MF004', HINT = 'Restore a physical backup. To move a mesh by dump and restore, see docs/operations.md.';
    END IF;
    INSERT INTO mesh.lane_gap (lane, first_seq, last_seq)
        SELECT l.id, l.next_seq, first_free - 1 FROM mesh.lane l WHERE l.kind = 'worker' AND l.next_seq < first_free;
    SELECT max(l.id) INTO last_lane FROM mesh.lane l;
    -- By the clock, as the sequences: from one backup one may restore twice, and the log has what was sent in between.
    EXECUTE format('SELECT (greatest(last_value, $1, $2) + 2) / 2 * 2 FROM %s', lanes) USING last_lane, first_free INTO first_even;
    INSERT INTO mesh.lost_lanes (first_lane, last_lane)
        SELECT greatest(last_lane + 1, s.seqstart), first_even - 1 FROM pg_sequence s WHERE s.seqrelid = lanes;
    PERFORM setval(lanes, first_even, false);
    UPDATE mesh.lane l SET lease_epoch = l.lease_epoch + 1, owner = NULL, lease_until = NULL;
    UPDATE mesh.lane l SET next_seq = greatest(l.next_seq, first_free),
            acked_seq = CASE WHEN l.acked_seq = l.next_seq - 1 THEN greatest(l.next_seq, first_free) - 1 ELSE l.acked_seq END
        WHERE l.kind <> 'sql';
    next_of_sql := greatest(coalesce(last_tick.first_seq, 1), first_free);
    -- An empty tick, from whose first sequence the relay goes on.
    INSERT INTO mesh.relay_tick (slot, tick, lease_epoch, seen, upto, first_seq, acked_seq)
        SELECT mesh.active_slot('relay_tick'), coalesce(last_tick.tick, 0) + 1, l.lease_epoch, coalesce(last_tick.upto, '3:3:'),
            coalesce(last_tick.upto, '3:3:'), next_of_sql, coalesce(last_tick.acked_seq, 0)
        FROM mesh.lane l WHERE l.kind = 'sql';
    -- What waits is the first that it publishes, in the order of commits, which goes on.
    SELECT count(*) INTO pending FROM mesh.outbox_sql o WHERE NOT pg_visible_in_snapshot(o.xid, coalesce(last_tick.upto, '3:3:'));
    IF pending > 0 THEN
        INSERT INTO mesh.lane_doubt (lane, first_seq, last_seq)
            SELECT l.id, coalesce(last_tick.first_seq, 1), next_of_sql + pending - 1 FROM mesh.lane l WHERE l.kind = 'sql'
            ON CONFLICT (lane, first_seq) DO UPDATE SET last_seq = excluded.last_seq;
    END IF;
    UPDATE mesh.position p SET epoch = p.epoch + 1;
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'restore', 'database', jsonb_build_object('first_sequence', first_free));
END $$;

SELECT mesh.grant_rights();
