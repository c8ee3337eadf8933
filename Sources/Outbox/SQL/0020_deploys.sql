-- A deploy is reviewed before its transaction: against which services with which packages, the deployer says again here, behind the lock. Of two
-- that were reviewed side by side the second is refused and reviewed anew; it may contradict the first.
CREATE FUNCTION mesh.require_in_force(names text[], digests text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        (SELECT name, digest FROM mesh.service EXCEPT SELECT * FROM unnest(names, digests))
        UNION ALL
        (SELECT * FROM unnest(names, digests) EXCEPT SELECT name, digest FROM mesh.service))
    THEN
        RAISE EXCEPTION 'something else was deployed while this deploy was being reviewed' USING ERRCODE = '40001';
    END IF;
END $$;
COMMENT ON FUNCTION mesh.require_in_force(text[], text[]) IS 'Refuses a deploy that was reviewed against other packages than those in force.';
REVOKE ALL ON FUNCTION mesh.require_in_force(text[], text[]) FROM PUBLIC;
