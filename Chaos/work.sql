-- The application of the chaos runs: what it writes in its own transactions, together with what it hands to the mesh.
CREATE SCHEMA IF NOT EXISTS chaos;
CREATE TABLE IF NOT EXISTS chaos.transfer (id text PRIMARY KEY, way text NOT NULL, source text NOT NULL, target text NOT NULL, amount int NOT NULL);
CREATE TABLE IF NOT EXISTS chaos.step (key text PRIMARY KEY, number int NOT NULL);
CREATE TABLE IF NOT EXISTS chaos.book (account text PRIMARY KEY, count int NOT NULL, sum int NOT NULL);

-- Hands transfers to the mesh, each its own way. A batch that is to fail does so behind everything: nothing of it may be seen.
CREATE OR REPLACE FUNCTION chaos.transfers(transfers json, fails boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    t json;
    plain json;
BEGIN
    FOR t IN SELECT json_array_elements(transfers) LOOP
        plain := json_build_object('id', t->>'id', 'source', t->>'source', 'target', t->>'target', 'amount', (t->>'amount')::int);
        INSERT INTO chaos.transfer VALUES (t->>'id', t->>'way', t->>'source', t->>'target', (t->>'amount')::int);
        CASE t->>'way'
            -- Up to four seconds later, or before it was sent.
            WHEN 'call' THEN PERFORM mesh.send('bank.Accounts/transfer', NULL, json_build_object('transfer', plain),
                now() + ((t->>'amount')::int - 100) * CASE WHEN (t->>'amount')::int % 3 = 0 THEN interval '14 ms' ELSE interval '0' END);
            WHEN 'event' THEN PERFORM mesh.emit('bank.ordered', NULL, plain);
            ELSE
                PERFORM mesh.send('bank.Moves/move', NULL, json_build_object('id', t->>'id', 'transfer', plain,
                    'wait', (t->>'wait')::int, 'asks', (t->>'asks')::boolean, 'tells', t->>'tells'));
                IF (t->>'asks')::boolean THEN
                    PERFORM mesh.send('bank.Moves/approve', NULL, json_build_object('id', t->>'id'));
                END IF;
        END CASE;
    END LOOP;
    IF fails THEN RAISE EXCEPTION 'as asked' USING ERRCODE = 'CH001'; END IF;
END $$;

-- The next number of each key, all in one transaction; keys in one order, so that sessions don't deadlock.
CREATE OR REPLACE FUNCTION chaos.steps(keys text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    k text;
    n int;
BEGIN
    FOR k IN SELECT unnest(keys) ORDER BY 1 LOOP
        INSERT INTO chaos.step AS s VALUES (k, 1) ON CONFLICT (key) DO UPDATE SET number = s.number + 1 RETURNING number INTO n;
        PERFORM mesh.emit('bank.step', k, json_build_object('key', k, 'number', n));
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION chaos.entries(accounts text[], amount int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a text;
    n int;
BEGIN
    FOR a IN SELECT unnest(accounts) ORDER BY 1 LOOP
        INSERT INTO chaos.book AS b VALUES (a, 1, amount) ON CONFLICT (account)
            DO UPDATE SET count = b.count + 1, sum = b.sum + amount RETURNING count INTO n;
        PERFORM mesh.emit('bank.entry', a, json_build_object('account', a, 'number', n, 'amount', amount));
    END LOOP;
END $$;
