-- Deploys, and the views of states.

-- Makes a view that the mesh owns, or replaces it: `mark` begins the comment by which it is known again. One that people's own views stand on
-- isn't dropped under them: it is renamed and goes on working. Anything that isn't ours is left alone, with an error.
CREATE FUNCTION mesh.put_view(a_schema text, a_name text, what text, mark text, explanation text, definition text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    full_name constant text := format('%I.%I', a_schema, a_name);
    old regclass;
    old_mark text;
    grants aclitem[];
    aside text;
    entry record;
BEGIN
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', a_schema);
    old := to_regclass(full_name);
    IF old IS NOT NULL THEN
        old_mark := obj_description(old, 'pg_class');
        IF (SELECT c.relkind FROM pg_class c WHERE c.oid = old) <> 'v' OR NOT starts_with(coalesce(old_mark, ''), mark) THEN
            RAISE EXCEPTION '% stands where % belongs', full_name, what
                USING ERRCODE = '42P07', HINT = 'Rename it, or give the service or its namespace another name.';
        END IF;
        SELECT c.relacl INTO grants FROM pg_class c WHERE c.oid = old;
        BEGIN
            EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', full_name, definition);
        EXCEPTION WHEN invalid_table_definition OR duplicate_column OR wrong_object_type THEN
            BEGIN
                EXECUTE format('DROP VIEW %s', full_name);
            EXCEPTION WHEN dependent_objects_still_exist THEN
                aside := left(a_name, 40) || '_until_' || to_char(clock_timestamp(), 'YYYYMMDDHH24MISSUS');
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
    ELSE
        EXECUTE format('CREATE VIEW %s AS %s', full_name, definition);
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'mesh_read') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO mesh_read', a_schema);
            EXECUTE format('GRANT SELECT ON %s TO mesh_read', full_name);
        END IF;
    END IF;
    EXECUTE format('COMMENT ON VIEW %s IS %L', full_name, mark || explanation);
END $$;
COMMENT ON FUNCTION mesh.put_view(text, text, text, text, text, text) IS 'Makes or replaces a view that the mesh owns.';

-- A field of a state as a column.
CREATE FUNCTION mesh.state_column(a_field text, a_type text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE a_type WHEN 'text' THEN format('s.data ->> %L', a_field) WHEN 'jsonb' THEN format('s.data -> %L', a_field)
        ELSE format('mesh.as_%s(s.data ->> %L)', a_type, a_field) END || format(' AS %I', a_field);
COMMENT ON FUNCTION mesh.state_column(text, text) IS 'The expression of a field of a state in a view.';

-- Makes the view of a service's state, or replaces it.
CREATE FUNCTION mesh.replace_view(a_schema text, a_name text, a_service text, a_type text, columns text[], types text[]) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM mesh.put_view(a_schema, a_name, 'the view of the state of ' || a_service, 'The state of ' || a_service || ' (',
        a_type || '), a row for each key; a value that doesn''t fit its column is null.',
        format('SELECT %s FROM mesh.state s WHERE s.service = %L', (
            SELECT string_agg(mesh.state_column(u.field, u.type), ', ' ORDER BY u.place)
            FROM unnest(columns, types) WITH ORDINALITY u(field, type, place)), a_service));
END $$;
COMMENT ON FUNCTION mesh.replace_view(text, text, text, text, text[], text[]) IS 'Makes or replaces the view of a service''s state.';

-- Puts a package in force for its services. Returns the deploy's id and what the services ran before.
CREATE FUNCTION mesh.deploy(
    a_digest text, bytes bytea, document bytea, a_namespace text, a_version text, a_pool text, an_actor text,
    names text[], state_types text[], state_views text[],
    kinds text[], targets text[], route_services text[], methods text[], topics text[], key_paths text[], exposures boolean[],
    OUT id bigint, OUT services text[], OUT digests text[])
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF bytes IS NOT NULL THEN
        INSERT INTO mesh.artifact (digest, wasm, schema) VALUES (a_digest, bytes, document) ON CONFLICT DO NOTHING;
    END IF;
    SELECT array_agg(s.name ORDER BY s.name), array_agg(s.digest ORDER BY s.name) INTO services, digests
        FROM mesh.service s WHERE s.name = ANY (names);
    services := coalesce(services, '{}');
    digests := coalesce(digests, '{}');
    INSERT INTO mesh.deployment (digest, namespace, version, services, pool, replaced, deployed_by)
        VALUES (a_digest, a_namespace, a_version, names, a_pool, coalesce(jsonb_object(services, digests), '{}'), an_actor)
        RETURNING deployment.id INTO id;
    INSERT INTO mesh.service (name, digest, deployment, pool, state_type, state_view)
        SELECT u.name, a_digest, id, a_pool, u.state_type, u.state_view
        FROM unnest(names, state_types, state_views) u(name, state_type, state_view)
    ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, deployment = excluded.deployment, pool = excluded.pool,
        state_type = excluded.state_type, state_view = excluded.state_view;
    DELETE FROM mesh.route r WHERE r.service = ANY (names);
    INSERT INTO mesh.route (kind, name, service, method, topic, key_path, exposed)
        SELECT u.kind, u.name, u.service, u.method, u.topic, string_to_array(u.key_path, '.'), u.exposed
        FROM unnest(kinds, targets, route_services, methods, topics, key_paths, exposures)
            u(kind, name, service, method, topic, key_path, exposed);
    INSERT INTO mesh.fact (actor, action, subject, details)
        VALUES (an_actor, 'deploy', a_namespace, jsonb_build_object('digest', a_digest, 'version', a_version, 'services', names));
END $$;
COMMENT ON FUNCTION mesh.deploy(text, bytea, bytea, text, text, text, text, text[], text[], text[], text[], text[], text[], text[], text[],
    text[], boolean[]) IS 'Puts a package in force for its services.';
