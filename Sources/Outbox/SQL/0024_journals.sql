-- The entries of the current runs, in order. Most ids that are asked for are those of workflows that are about to start: these have no
-- entries, and are answered before the children of mesh.journal are locked and opened. Volatile, and the lock comes before the entries:
-- a child may be emptied at this moment, and only a snapshot from after that sees where its entries went.
CREATE OR REPLACE FUNCTION mesh.read_journals(services text[], ids text[]) RETURNS TABLE (place bigint, entry mesh.journal)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
    SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(services, ids) u(service, id) JOIN mesh.workflow w ON w.service = u.service AND w.id = u.id) THEN
        RETURN;
    END IF;
    LOCK TABLE mesh.journal IN ACCESS SHARE MODE;
    RETURN QUERY SELECT u.at, j FROM unnest(services, ids) WITH ORDINALITY u(service, id, at)
        JOIN mesh.workflow w ON w.service = u.service AND w.id = u.id
        JOIN mesh.journal j ON j.service = u.service AND j.id = u.id AND j.run = w.run AND j.at >= w.started_at
        ORDER BY u.at, j.seq;
END $$;
