-- Views in a database where the mesh's role may make neither roles nor schemas.

-- As before, but a schema that somebody else has made for it is enough.
CREATE OR REPLACE FUNCTION mesh.put_view(a_schema text, a_name text, what text, mark text, explanation text, definition text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    full_name constant text := format('%I.%I', a_schema, a_name);
    suffix constant text := to_char(clock_timestamp(), 'YYYYMMDDHH24MISSUS');
    wanted constant text := format('%I.%I', a_schema, left(a_name, 40) || '_wanted_' || suffix);
    aside constant text := left(a_name, 40) || '_until_' || suffix;
    old regclass;
    is_same boolean;
    grants aclitem[];
    entry record;
BEGIN
    -- Asked first: IF NOT EXISTS wants the right to make schemas where there is nothing to make as well.
    IF to_regnamespace(quote_ident(a_schema)) IS NULL THEN
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', a_schema);
    END IF;
    old := to_regclass(full_name);
    IF old IS NOT NULL THEN
        IF (SELECT c.relkind FROM pg_class c WHERE c.oid = old) <> 'v' OR NOT starts_with(coalesce(obj_description(old, 'pg_class'), ''), mark) THEN
            RAISE EXCEPTION '% stands where % belongs', full_name, what
                USING ERRCODE = '42P07', HINT = 'Rename it, or give the service or its namespace another name.';
        END IF;
        -- Only Postgres can say whether two definitions are one: it is asked by making a view that nobody else ever sees.
        EXECUTE format('CREATE VIEW %s AS %s', wanted, definition);
        is_same := pg_get_viewdef(wanted::regclass) = pg_get_viewdef(old);
        EXECUTE format('DROP VIEW %s', wanted);
        IF NOT is_same THEN
            SELECT c.relacl INTO grants FROM pg_class c WHERE c.oid = old;
            BEGIN
                EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', full_name, definition);
            EXCEPTION WHEN invalid_table_definition OR duplicate_column OR wrong_object_type THEN
                BEGIN
                    EXECUTE format('DROP VIEW %s', full_name);
                EXCEPTION WHEN dependent_objects_still_exist THEN
                    EXECUTE format('ALTER VIEW %s RENAME TO %I', full_name, aside);
                    EXECUTE format('COMMENT ON VIEW %I.%I IS %L', a_schema, aside,
                        'The former columns of ' || full_name || ', kept because other views stand on them.');
                    INSERT INTO mesh.fact (actor, action, subject, details) VALUES ('mesh', 'view', full_name,
                        jsonb_build_object('renamed', aside, 'because', 'other objects depend on it'));
                END;
                EXECUTE format('CREATE VIEW %s AS %s', full_name, definition);
            END;
            FOR entry IN SELECT CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE format('%I', pg_get_userbyid(g.grantee)) END AS grantee, g.privilege_type
                FROM aclexplode(grants) g WHERE g.grantee = 0 OR g.grantee IN (SELECT r.oid FROM pg_roles r) LOOP
                EXECUTE format('GRANT %s ON %s TO %s', entry.privilege_type, full_name, entry.grantee);
            END LOOP;
        END IF;
    ELSE
        EXECUTE format('CREATE VIEW %s AS %s', full_name, definition);
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'mesh_read') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO mesh_read', a_schema);
            EXECUTE format('GRANT SELECT ON %s TO mesh_read', full_name);
        END IF;
    END IF;
    EXECUTE format('COMMENT ON VIEW %s IS %L', full_name, mark || explanation);
EXCEPTION WHEN lock_not_available THEN
    RAISE EXCEPTION 'the columns of % change, and a transaction that has read it was still open after 2 s; nothing was deployed, deploy again when that has ended', full_name
        USING ERRCODE = '55P03', HINT = 'pg_locks and pg_stat_activity show whose it is.';
END $$;

-- As before, and the views that were made while a role was missing.
CREATE OR REPLACE FUNCTION mesh.grant_rights() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text;
    f record;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['mesh_app', 'mesh_read'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            -- Another database's migration may make it at the same moment; only the second try is sure to know of it.
            FOR attempt IN 1 .. 2 LOOP
                BEGIN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                    EXIT;
                EXCEPTION WHEN duplicate_object THEN EXIT;
                    WHEN unique_violation THEN NULL;
                    WHEN insufficient_privilege THEN EXIT;
                END;
            END LOOP;
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                RAISE WARNING 'role % is missing and may not be made by %', wanted, current_user
                    USING HINT = 'Let an administrator run CREATE ROLE ' || wanted || ' NOLOGIN; SELECT mesh.grant_rights();';
                CONTINUE;
            END IF;
        END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA mesh TO %I', wanted);
        IF wanted = 'mesh_app' THEN
            FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                WHERE p.pronamespace = 'mesh'::regnamespace AND p.proname IN ('emit', 'emit_all', 'send') LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.name, wanted);
            END LOOP;
        ELSE
            FOR f IN SELECT c.oid::regclass AS name FROM pg_class c
                WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND c.relname <> 'admin_token' LOOP
                EXECUTE format('GRANT SELECT ON %s TO %I', f.name, wanted);
            END LOOP;
            -- The views that deploys have made: they are known by how their comments begin.
            FOR f IN SELECT c.oid::regclass AS name, n.nspname AS space FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind = 'v' AND n.nspname <> 'mesh' AND pg_has_role(c.relowner, 'USAGE')
                    AND obj_description(c.oid, 'pg_class') ~ '^The (state of [^ ]+ \(|workflows of [^ ]+/[^ ]+,)' LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', f.space, wanted);
                EXECUTE format('GRANT SELECT ON %s TO %I', f.name, wanted);
            END LOOP;
            FOR f IN SELECT p.oid::regprocedure AS name FROM pg_proc p
                WHERE p.pronamespace = 'mesh'::regnamespace AND (p.proname LIKE 'as\_%' OR p.proname = 'readable') LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.name, wanted);
            END LOOP;
        END IF;
    END LOOP;
END $$;
