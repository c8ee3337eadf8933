-- In PL/pgSQL, whose plan stays: a function in SQL is planned anew at each call, and this one is called by each commit.
CREATE OR REPLACE FUNCTION mesh.write_watermarks(
    a_group text, a_topic text, a_partition integer, lanes bigint[], epochs bigint[], seqs bigint[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    INSERT INTO mesh.watermark AS w (consumer_group, topic, partition, lane, epoch, seq)
        SELECT a_group, a_topic, a_partition, u.lane, u.epoch, u.seq FROM unnest(lanes, epochs, seqs) u(lane, epoch, seq)
    ON CONFLICT (consumer_group, topic, partition, lane)
        DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq WHERE w.seq < excluded.seq;
END $$;
