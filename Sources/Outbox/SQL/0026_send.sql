-- A method that the router doesn't offer isn't offered to applications either: mesh.send refuses @scheduleOnly methods with the router's words. What
-- the mesh itself puts into the lane (mesh.redrive) doesn't come by here, and schedules are fired by the worker.
CREATE OR REPLACE FUNCTION mesh.send(target text, key text, data text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    path text[];
    the_topic text;
    is_exposed boolean;
    parsed constant json := data;
BEGIN
    SELECT r.topic, r.key_path, r.exposed INTO the_topic, path, is_exposed FROM mesh.route r WHERE r.kind = 'method' AND r.name = target LIMIT 1;
    IF the_topic IS NULL THEN
        RAISE EXCEPTION 'no deployed service has the method "%"', target
            USING ERRCODE = '42883', HINT = coalesce('Its methods: ' || (
                SELECT string_agg(k.name, ', ') FROM (
                    SELECT r.name FROM mesh.route r WHERE r.kind = 'method' AND r.exposed AND r.service = split_part(target, '/', 1) ORDER BY 1 LIMIT 20) k) || '.',
                'Known services: ' || (SELECT string_agg(s.name, ', ' ORDER BY s.name) FROM mesh.service s) || '. A target is written shop.Orders/place.',
                'No service is deployed yet.');
    END IF;
    IF NOT is_exposed THEN
        RAISE EXCEPTION '% can''t be called: it is @scheduleOnly', target
            USING ERRCODE = '42883', HINT = 'Only its schedule runs it, or an administrator with wasmesh schedules trigger.';
    END IF;
    IF data IS NULL THEN
        RAISE EXCEPTION 'the call of "%" has no data', target
            USING ERRCODE = '22004', HINT = 'Pass the arguments as a JSON object; {} where there are none.';
    END IF;
    IF json_typeof(parsed) <> 'object' THEN
        RAISE EXCEPTION 'the data of a call is an object of its arguments, not %', json_typeof(parsed) USING ERRCODE = '22023';
    END IF;
    RETURN mesh.put(mesh.open_transaction(), the_topic, target, coalesce(key, parsed #>> path), data);
END $$;
