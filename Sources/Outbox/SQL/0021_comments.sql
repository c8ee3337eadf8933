-- The children of rotated tables say what they are, as every table and column does.
DO $$
DECLARE
    child record;
BEGIN
    FOR child IN
        SELECT c.oid, c.relname AS name, p.oid AS parent, p.relname AS parent_name
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
        WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind = 'r'
    LOOP
        EXECUTE format('COMMENT ON TABLE mesh.%I IS %L', child.name, 'A child of mesh.' || child.parent_name || ', emptied in turns.');
        EXECUTE (
            SELECT string_agg(format('COMMENT ON COLUMN mesh.%I.%I IS %L', child.name, a.attname, col_description(a.attrelid, a.attnum)), ';')
            FROM pg_attribute a WHERE a.attrelid = child.parent AND a.attnum > 0 AND NOT a.attisdropped);
    END LOOP;
END $$;
