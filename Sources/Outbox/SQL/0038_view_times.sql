-- PostgreSQL rounds what is finer than a microsecond: 23:59:59.999999999 was 24:00:00, and the last instants of a year were the next one's. Cut off,
-- a time stays within its second.
CREATE OR REPLACE FUNCTION mesh.as_time(value text) RETURNS time LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN regexp_replace(value, '(\.\d{6})\d+', '\1')::time; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION mesh.as_timestamptz(value text) RETURNS timestamptz LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, YMD' SET timezone = 'UTC' AS $$
BEGIN RETURN regexp_replace(value, '(\.\d{6})\d+', '\1')::timestamptz; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
