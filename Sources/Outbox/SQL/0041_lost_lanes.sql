-- A restored database doesn't know the lanes that were made since the backup either: what workers sent in those is of a past that didn't happen, too,
-- while what routers took in is not. So a lane's number tells which it is: those of workers are even from here on.
DO $$
DECLARE
    first_even bigint;
BEGIN
    -- Behind all that were numbered otherwise, those included that a backup of such a time doesn't know.
    SELECT CASE WHEN count(*) > 1 THEN (max(l.id) + 2000000) / 2 * 2 ELSE 2 END INTO first_even FROM mesh.lane l;
    EXECUTE format('ALTER TABLE mesh.lane ALTER COLUMN id SET INCREMENT BY 2 SET START WITH %s RESTART', first_even);
END $$;

CREATE FUNCTION mesh.number_lane() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The sequence has the even ones.
    IF NEW.kind <> 'worker' THEN NEW.id := NEW.id + 1; END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION mesh.number_lane() IS 'Gives lanes of workers even numbers and all others odd ones.';
CREATE TRIGGER number BEFORE INSERT ON mesh.lane FOR EACH ROW EXECUTE FUNCTION mesh.number_lane();

CREATE TABLE mesh.lost_lanes (
    first_lane bigint PRIMARY KEY,
    last_lane bigint NOT NULL,
    CHECK (first_lane <= last_lane)
);
COMMENT ON TABLE mesh.lost_lanes IS 'Lanes that may have been made between a backup and its restore. What came in those of workers, which have even numbers, is passed over, as its causes run again.';
COMMENT ON COLUMN mesh.lost_lanes.first_lane IS 'The first number that the restored tables don''t know.';
COMMENT ON COLUMN mesh.lost_lanes.last_lane IS 'The last one before those that are given since.';

-- As 0040 has it, and the lanes that were made meanwhile.
CREATE OR REPLACE FUNCTION mesh.after_restore(an_actor text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_free constant bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    lanes constant regclass := pg_get_serial_sequence('mesh.lane', 'id');
    last_lane bigint;
    first_even bigint;
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
    -- An empty tick, from whose first sequence the relay goes on.
    INSERT INTO mesh.relay_tick (slot, tick, lease_epoch, seen, upto, first_seq, acked_seq)
        SELECT mesh.active_slot('relay_tick'), coalesce(last_tick.tick, 0) + 1, l.lease_epoch, coalesce(last_tick.upto, '3:3:'),
            coalesce(last_tick.upto, '3:3:'), greatest(coalesce(last_tick.first_seq, 1), first_free), coalesce(last_tick.acked_seq, 0)
        FROM mesh.lane l WHERE l.kind = 'sql';
    UPDATE mesh.position p SET epoch = p.epoch + 1;
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'restore', 'database', jsonb_build_object('first_sequence', first_free));
END $$;

SELECT mesh.grant_rights();
