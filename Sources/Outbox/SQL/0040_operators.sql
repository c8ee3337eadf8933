-- What operators do to a mesh: restore it, change its partitions and its settings.

-- After Postgres was restored to an earlier point, the log has what workers sent since. What they sent it for is read again and runs again, on the
-- restored state: their messages of that time are of a past that didn't happen, and are passed over.
CREATE TABLE mesh.lane_gap (
    lane bigint NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    PRIMARY KEY (lane, first_seq),
    CHECK (first_seq <= last_seq)
);
COMMENT ON TABLE mesh.lane_gap IS 'What workers sent between a backup and its restore: their services pass it over, as its causes run again.';
COMMENT ON COLUMN mesh.lane_gap.lane IS 'The worker lane.';
COMMENT ON COLUMN mesh.lane_gap.first_seq IS 'The first sequence that the restored tables don''t know.';
COMMENT ON COLUMN mesh.lane_gap.last_seq IS 'The last one before those that the lane uses since.';

-- As 0031 has it, and the gaps; and lanes that are made from now on are none of those that were made meanwhile.
CREATE OR REPLACE FUNCTION mesh.after_restore(an_actor text) RETURNS void
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
    INSERT INTO mesh.lane_gap (lane, first_seq, last_seq)
        SELECT l.id, l.next_seq, first_free - 1 FROM mesh.lane l WHERE l.kind = 'worker' AND l.next_seq < first_free;
    PERFORM setval(pg_get_serial_sequence('mesh.lane', 'id'), coalesce(max(l.id), 0) + 1000000) FROM mesh.lane l;
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

-- As 0016 has it, but not while a process is alive: its answers and its timers would go to partitions that aren't there.
CREATE OR REPLACE FUNCTION mesh.change_partitions(new_count integer, an_actor text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    alive text;
    waiting text;
BEGIN
    IF new_count IS NULL OR new_count < 1 OR new_count > 4096 THEN
        RAISE EXCEPTION 'a topic has 1 to 4096 partitions, not %', new_count USING ERRCODE = '22023';
    END IF;
    -- A heartbeat comes every few seconds; a process that ends in good order takes its own away.
    SELECT string_agg(w.kind || ' ' || w.id, ', ' ORDER BY w.kind, w.id) INTO alive FROM mesh.worker w
        WHERE w.seen_at > clock_timestamp() - interval '12 seconds';
    IF alive IS NOT NULL THEN
        RAISE EXCEPTION 'processes of the mesh are alive: %', alive
            USING ERRCODE = '55000', HINT = 'Stop them all; one that was killed counts as alive for 12 seconds.';
    END IF;
    -- No commit is under way from here on.
    LOCK TABLE mesh.position IN SHARE ROW EXCLUSIVE MODE;
    LOCK TABLE mesh.lane IN SHARE ROW EXCLUSIVE MODE;
    SELECT string_agg(x.what, '; ') INTO waiting FROM (
        SELECT b.messages || ' in the ' || b.what AS what FROM mesh.backlog b WHERE b.messages > 0 AND b.what LIKE '%lane%'
        UNION ALL SELECT count(*) || ' parked' FROM mesh.parked HAVING count(*) > 0
        UNION ALL SELECT sum(l.lag) || ' records of ' || l.topic || ' for ' || l.consumer_group FROM mesh.lag l
            GROUP BY l.topic, l.consumer_group HAVING sum(l.lag) > 0) x;
    IF waiting IS NOT NULL THEN
        RAISE EXCEPTION 'messages are still under way: %', waiting
            USING ERRCODE = '55000', HINT = 'Stop what sends, let the workers go on until mesh.lag and mesh.backlog are empty, then stop them and try again.';
    END IF;
    UPDATE mesh.setting SET value = new_count::text, updated_at = now() WHERE name = 'partitions';
    -- On record with the new count, so that the router makes them with it, whatever it is configured with.
    UPDATE mesh.topic SET partitions = new_count, map_epoch = map_epoch + 1;
    UPDATE mesh.position p SET epoch = p.epoch + 1, next_offset = 0, completed = '', completed_lanes = '{}', completed_seqs = '{}', log_end = 0;
    -- A timer may have the place of one that moves away; all are taken out first.
    CREATE TEMPORARY TABLE moved_timer ON COMMIT DROP AS SELECT * FROM mesh.timer;
    DELETE FROM mesh.timer;
    INSERT INTO mesh.timer (service, partition, due, id, run, op, attempt, kind)
        SELECT t.service, mesh.partition_of(t.id, new_count), t.due, t.id, t.run, t.op, t.attempt, t.kind FROM pg_temp.moved_timer t;
    INSERT INTO mesh.fact (actor, action, subject, details) VALUES (an_actor, 'partitions', 'mesh', jsonb_build_object('count', new_count));
END $$;

-- A value that can't be read stops whatever needs it, the bringing back of space for one: it isn't taken.
CREATE FUNCTION mesh.check_setting() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text;
BEGIN
    BEGIN
        IF NEW.name IN ('outbox_slot_bytes', 'journal_slot_bytes') THEN
            wanted := 'a whole number of bytes, such as 67108864 for 64 MiB';
            IF NEW.value::bigint > 0 THEN RETURN NEW; END IF;
        ELSIF NEW.name = 'deduplication_hours' THEN
            wanted := 'a number of hours above 0, such as 24';
            IF NEW.value::double precision > 0 AND NEW.value::double precision < 1000000 THEN RETURN NEW; END IF;
        ELSIF NEW.name = 'workflow_retention' OR starts_with(NEW.name, 'workflow_retention.') THEN
            wanted := 'a time above 0, such as "7 days"';
            IF NEW.value::interval > '0' AND isfinite(NEW.value::interval) THEN RETURN NEW; END IF;
        ELSIF NEW.name IN ('partitions', 'broker_epoch') THEN
            wanted := 'a whole number above 0';
            IF NEW.value::bigint > 0 THEN RETURN NEW; END IF;
        ELSIF NEW.name = 'broker_durable' THEN
            wanted := '"true" or "false"';
            IF NEW.value::boolean IS NOT NULL THEN RETURN NEW; END IF;
        ELSE
            RETURN NEW;
        END IF;
    EXCEPTION WHEN data_exception THEN NULL;
    END;
    RAISE EXCEPTION 'the setting "%" is %, not "%"', NEW.name, wanted, NEW.value USING ERRCODE = '22023';
END $$;
COMMENT ON FUNCTION mesh.check_setting() IS 'Refuses values of settings that can''t be read.';
CREATE TRIGGER fits BEFORE INSERT OR UPDATE ON mesh.setting FOR EACH ROW EXECUTE FUNCTION mesh.check_setting();

SELECT mesh.grant_rights();
