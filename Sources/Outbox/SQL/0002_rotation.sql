-- Tables with churn are a few children each that are filled in turn and emptied by TRUNCATE: space comes back at once, whatever
-- snapshot somebody holds, and no dead row is ever made. Writers take the active child's number from mesh.rotation.

CREATE TABLE mesh.rotation (
    name text PRIMARY KEY,
    active smallint NOT NULL DEFAULT 0,
    slots smallint NOT NULL CHECK (slots > 1),
    moved_at timestamptz NOT NULL DEFAULT now(),
    CHECK (active >= 0 AND active < slots)
);
COMMENT ON TABLE mesh.rotation IS 'Which child of each rotated table is being filled.';
COMMENT ON COLUMN mesh.rotation.name IS 'The table.';
COMMENT ON COLUMN mesh.rotation.active IS 'The slot that writers use now.';
COMMENT ON COLUMN mesh.rotation.slots IS 'How many children the table has.';
COMMENT ON COLUMN mesh.rotation.moved_at IS 'When the active slot last changed.';

-- Makes the children of a rotated table. No autovacuum: they never hold dead rows for long, and its lock would keep TRUNCATE away.
CREATE FUNCTION mesh.make_slots(rotated text, slots integer, indexed text, is_unique boolean) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO mesh.rotation (name, slots) VALUES (rotated, slots);
    FOR slot IN 0 .. slots - 1 LOOP
        EXECUTE format(
            'CREATE TABLE mesh.%I PARTITION OF mesh.%I FOR VALUES IN (%s) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off)',
            rotated || '_' || slot, rotated, slot);
        EXECUTE format('CREATE %s INDEX %I ON mesh.%I %s',
            CASE WHEN is_unique THEN 'UNIQUE' ELSE '' END, rotated || '_' || slot || '_key', rotated || '_' || slot, indexed);
    END LOOP;
END $$;
COMMENT ON FUNCTION mesh.make_slots(text, integer, text, boolean) IS 'Makes the children of a rotated table, with one index each; for migrations.';

-- The active slot of a rotated table. In PL/pgSQL, whose plan stays.
CREATE FUNCTION mesh.active_slot(rotated text) RETURNS smallint
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT r.active FROM mesh.rotation r WHERE r.name = rotated);
END $$;
COMMENT ON FUNCTION mesh.active_slot(text) IS 'The child that writers of a rotated table use now.';
