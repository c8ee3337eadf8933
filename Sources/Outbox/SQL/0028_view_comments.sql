-- The columns of the views that deploys make say what they are, as those of every table do.
CREATE FUNCTION mesh.comment_columns(a_schema text, a_name text, columns text[], comments text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entry record;
BEGIN
    -- A column of the mesh's own, in the view of a workflow method, is one of mesh.workflow with a prefix.
    FOR entry IN
        SELECT a.attname AS name, coalesce(u.comment, col_description(w.attrelid, w.attnum)) AS comment
        FROM pg_attribute a
        LEFT JOIN unnest(columns, comments) u(name, comment) ON u.name = a.attname
        LEFT JOIN pg_attribute w ON w.attrelid = 'mesh.workflow'::regclass AND 'workflow_' || w.attname = a.attname
        WHERE a.attrelid = format('%I.%I', a_schema, a_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', a_schema, a_name, entry.name, entry.comment);
    END LOOP;
END $$;
COMMENT ON FUNCTION mesh.comment_columns(text, text, text[], text[]) IS 'Says of each column of a view that a deploy made what it is.';
REVOKE ALL ON FUNCTION mesh.comment_columns(text, text, text[], text[]) FROM PUBLIC;
