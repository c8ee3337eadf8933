-- As 0003 has it, but positions before lanes, as mesh.broker_reset takes them: a claim and a reset that met waited for each other until Postgres ended one.
CREATE OR REPLACE FUNCTION mesh.claim(
    IN a_group text, IN a_topic text, IN a_partition integer, IN an_owner text, IN log_start bigint,
    OUT epoch bigint, OUT next_offset bigint, OUT completed bytea, OUT completed_lanes bigint[], OUT completed_seqs bigint[],
    OUT lane bigint, OUT lane_epoch bigint, OUT next_seq bigint, OUT acked_seq bigint, OUT next_due timestamptz)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    claimed mesh.position;
    its_lane mesh.lane;
    lane_name text := a_group || ':' || a_topic || '/' || a_partition;
BEGIN
    LOCK TABLE mesh.position IN ROW EXCLUSIVE MODE;
    INSERT INTO mesh.lane (kind, name) VALUES ('worker', lane_name) ON CONFLICT (kind, name) DO NOTHING;
    INSERT INTO mesh.position AS p (consumer_group, topic, partition, next_offset, lane, owner)
        SELECT a_group, a_topic, a_partition, log_start, l.id, an_owner
        FROM mesh.lane l WHERE l.kind = 'worker' AND l.name = lane_name
    ON CONFLICT (consumer_group, topic, partition)
        DO UPDATE SET epoch = p.epoch + 1, owner = an_owner, claimed_at = now()
    RETURNING p.* INTO claimed;
    SELECT * INTO its_lane FROM mesh.lane l WHERE l.id = claimed.lane;
    epoch := claimed.epoch;
    next_offset := claimed.next_offset;
    completed := claimed.completed;
    completed_lanes := claimed.completed_lanes;
    completed_seqs := claimed.completed_seqs;
    lane := its_lane.id;
    lane_epoch := its_lane.epoch;
    next_seq := its_lane.next_seq;
    acked_seq := its_lane.acked_seq;
    SELECT min(d.due) INTO next_due FROM mesh.parked d
        WHERE d.consumer_group = a_group AND d.topic = a_topic AND d.partition = a_partition AND d.due IS NOT NULL;
END $$;
