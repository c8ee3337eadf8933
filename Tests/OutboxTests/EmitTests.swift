import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@Suite struct EmitTests {
    @Test func `emit and send take text, json and jsonb and return the id`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let id = try #require(try await pool.value("SELECT mesh.emit('order.placed', 'o-1', '{\"id\": \"o-1\"}')"))
            #expect(id.utf8.count == 36 && id.dropFirst(14).first == "7")
            _ = try await pool.value("SELECT mesh.emit('payment.captured', 'o-1', jsonb_build_object('order', 'o-1'))")
            _ = try await pool.value(
                "SELECT mesh.emit(event => 'order.placed', key => NULL, data => json_build_object('id', 'o-2'))")
            _ = try await pool.value(
                "SELECT mesh.send('shop.Orders/place', NULL, '{\"order\": {\"customer\": \"c-1\"}}')")
            _ = try await pool.value("SELECT mesh.send('shop.Orders/place', 'mine', jsonb_build_object('order', 1))")
            let unkeyed = try #require(try await pool.value("SELECT mesh.send('shop.Orders/place', NULL, '{}')"))
            #expect(
                try await pool.rows("SELECT topic, key, type FROM mesh.outbox_sql ORDER BY id") == [
                    "(order.placed,o-1,order.placed)", "(payment.captured,o-1,payment.captured)",
                    "(order.placed,o-2,order.placed)", "(shop.Orders,c-1,shop.Orders/place)",
                    "(shop.Orders,mine,shop.Orders/place)", "(shop.Orders,\(unkeyed),shop.Orders/place)",
                ])
        }
    }

    @Test func `a mistake is an error that says what to do`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            for (call, message, hint) in [
                ("mesh.emit('order.plced', 'k', '{}')", "order.plced", "Known events: order.placed, payment.captured."),
                ("mesh.send('shop.Orders/plce', 'k', '{}')", "shop.Orders/plce", "Its methods: shop.Orders/place."),
                (
                    "mesh.send('shop.Orders/nightly', 'k', '{}')",
                    "shop.Orders/nightly can't be called: it is @scheduleOnly", "wasmesh schedules trigger"
                ),
                ("mesh.send('shop.Order/place', 'k', '{}')", "shop.Order/place", "Known services: shop.Orders."),
                ("mesh.emit('order.placed', 'k', 'nonsense')", "json", nil),
                ("mesh.emit('order.placed', 'k', NULL::text)", "no data", "Pass the event's fields as a JSON object."),
                ("mesh.send('shop.Orders/place', 'k', '[1]')", "object of its arguments, not array", nil),
                ("mesh.emit('order.placed', '', '{}')", "the key has 0 bytes", nil),
                ("mesh.emit('order.placed', repeat('k', 1025), '{}')", "the key has 1025 bytes", nil),
                (
                    "mesh.emit('order.placed', 'k', to_json(repeat('x', 1000000))::text)", "at most 1000000",
                    "Store large content elsewhere"
                ),
            ] as [(String, String, String?)] {
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query(.oneOff("SELECT \(call)"))
                }
                #expect(error?.message.contains(message) == true, "\(call): \(String(describing: error))")
                if let hint {
                    #expect(error?.hint?.contains(hint) == true, "\(call): \(String(describing: error?.hint))")
                }
            }
            #expect(try await pool.value("SELECT count(*) FROM mesh.outbox_sql") == "0")
        }
    }

    @Test func `a method that isn't exposed is redriven all the same`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            var batch = try await PostgresPartitionStore(pool).claim(orders, owner: "a", logStart: 0).batch()
            batch.deadLetters.append(
                NewDeadLetter(
                    of: message("m", type: "shop.Orders/nightly"), offset: 0, service: "shop.Orders",
                    method: "nightly", attempts: 1, error: MeshError(.internalError, "no"), digest: nil))
            let ids = try await PostgresPartitionStore(pool).commit(batch).deadLetterIDs
            #expect(try await DeadLetterStore(pool).redrive(ids, by: "ada").done == ids)
            #expect(try await pool.value("SELECT type FROM mesh.outbox_sql") == "shop.Orders/nightly")
        }
    }

    @Test(arguments: [
        "SET search_path = ''", "SET search_path = trap, mesh, public", "SET search_path = trap, pg_catalog",
        "SET default_transaction_isolation = 'serializable'",
        "SET default_transaction_isolation = 'repeatable read'", "SET session_replication_role = replica",
        "SET statement_timeout = '5s'", "SET standard_conforming_strings = off", "SET TimeZone = 'Asia/Tokyo'",
        "SET DateStyle = 'German'", "SET client_encoding = 'LATIN1'", "SET ROLE app",
        "SET plan_cache_mode = force_custom_plan",
        "SET bytea_output = 'escape'", "SET check_function_bodies = off", "SET row_security = off",
        "SET quote_all_identifiers = on",
        "SET lc_messages = 'C'", "SET extra_float_digits = -15", "SET IntervalStyle = 'iso_8601'",
        "SET xmloption = 'document'",
    ])
    func `an application may emit under any settings of its session`(setting: String) async throws {
        try await withStore { url, pool in
            // Roles are the server's, and tests with databases of their own run beside this one.
            let app = TestEnvironment.uniqueName("app")
            let setting = setting.replacing("ROLE app", with: "ROLE \(app)")
            try await pool.execute(shopRoutes)
            // Things an application could have that must not be taken for ours.
            try await pool.execute(
                """
                CREATE SCHEMA trap; CREATE TABLE trap.route (kind text); CREATE TABLE trap.rotation (name text);
                CREATE FUNCTION trap.nextval(text) RETURNS bigint LANGUAGE sql AS 'SELECT 1/0::bigint';
                CREATE FUNCTION trap.hashtext(text) RETURNS int LANGUAGE sql AS 'SELECT 1/0';
                CREATE FUNCTION trap.wrong(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT 1/0 = 1';
                CREATE FUNCTION trap.wrong(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT 1/0 OPERATOR(pg_catalog.=) 1';
                CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.wrong);
                CREATE OPERATOR trap.> (LEFTARG = int, RIGHTARG = int, FUNCTION = trap.wrong);
                CREATE DOMAIN trap.text AS pg_catalog.text CHECK (length(VALUE) < 0);
                CREATE DOMAIN trap.json AS pg_catalog.text CHECK (length(VALUE) < 0);
                CREATE ROLE \(app); SELECT mesh.grant_rights(); GRANT mesh_app TO \(app);
                """)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                let body = "SELECT mesh.emit('order.placed', 'k' || i, '{}') FROM generate_series(1, 3) i"
                try await Psql.run(
                    url, "\(setting); BEGIN; \(body); SAVEPOINT s; \(body); ROLLBACK TO s; \(body); COMMIT")
                try await Psql.run(url, "\(setting); BEGIN; SET CONSTRAINTS ALL IMMEDIATE; \(body); \(body); COMMIT")
                try await eventually { log.deduplicated.count >= 12 }
            }
            #expect(log.deduplicated.map(\.row.message.key) == (0..<12).map { "k\($0 % 3 + 1)" })
        }
    }

    @Test func `a role without the right may not emit, and nobody but the owner may read or write the tables`()
        async throws
    {
        try await withStore { url, pool in
            try await pool.execute(shopRoutes)
            let name = TestEnvironment.uniqueName("stranger")
            try await pool.execute("CREATE ROLE \(name); GRANT USAGE ON SCHEMA mesh TO \(name)")
            for attempt in [
                "SELECT mesh.emit('order.placed', 'k', '{}')", "SELECT * FROM mesh.state",
                "INSERT INTO mesh.outbox_sql DEFAULT VALUES",
                "SELECT mesh.put(NULL, 'a', 'b', 'c', '{}')", "SELECT mesh.emit_anew('order.placed', 'k', '{}')",
                "SELECT mesh.emit_all('order.placed', '{k}', ARRAY['{}'])",
            ] {
                await #expect(throws: (any Error).self) { try await Psql.run(url, "SET ROLE \(name); \(attempt)") }
            }
            try await pool.execute("DROP OWNED BY \(name); DROP ROLE \(name)")
        }
    }

    @Test func `who may read everything sees neither tokens nor the secret of guests' random bytes`() async throws {
        try await withStore { url, pool in
            let name = TestEnvironment.uniqueName("reader")
            try await pool.execute("CREATE ROLE \(name); GRANT mesh_read TO \(name)")
            let names =
                "SELECT string_agg(name, ' ' ORDER BY name) FROM mesh.setting WHERE name IN ('partitions', 'random_secret')"
            #expect(try await Psql.run(url, "SET ROLE \(name); \(names)") == "partitions")
            // The mesh itself has it still.
            #expect(try await pool.value(names) == "partitions random_secret")
            #expect(try await RegistryStore(pool).setting("random_secret")?.isEmpty == false)
            await #expect(throws: (any Error).self) {
                try await Psql.run(url, "SET ROLE \(name); SELECT * FROM mesh.admin_token")
            }
            try await pool.execute("DROP OWNED BY \(name); DROP ROLE \(name)")
        }
    }

    @Test func `what is rolled back is never relayed, a savepoint included`() async throws {
        try await withStore { url, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                try await Psql.run(url, "BEGIN; SELECT mesh.emit('order.placed', 'k', '1'); ROLLBACK")
                try await Psql.run(
                    url,
                    """
                    BEGIN; SAVEPOINT a; SELECT mesh.emit('order.placed', 'k', '2'); ROLLBACK TO a; SELECT mesh.emit('order.placed', 'k', '3');
                    SAVEPOINT b; SELECT mesh.emit('order.placed', 'l', '4'); RELEASE b; COMMIT
                    """)
                try await eventually { log.deduplicated.count >= 2 }
            }
            #expect(log.entries.map { String(decoding: $0.row.message.data, as: UTF8.self) } == ["3", "4"])
        }
    }

    @Test func `emit_all puts many events at once, in their order, with the keys of emit`() async throws {
        try await withStore { url, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                try await Psql.run(
                    url,
                    """
                    BEGIN; SELECT mesh.emit('order.placed', 'a', '0');
                    SELECT mesh.emit_all('order.placed', ARRAY['a', 'b', NULL], ARRAY['1', '2', '{"id": "from the data"}']);
                    SELECT mesh.emit('order.placed', 'a', '4'); SET CONSTRAINTS ALL IMMEDIATE;
                    SELECT mesh.emit_all('order.placed', ARRAY['c'], ARRAY['5'::jsonb]);
                    SELECT mesh.emit_all('order.placed', '{}', '{}'::text[]); COMMIT
                    """)
                try await eventually { log.deduplicated.count >= 6 }
            }
            #expect(log.deduplicated.map(\.row.message.key) == ["a", "a", "b", "from the data", "a", "c"])
            #expect(
                Set(log.ids).count == 6 && log.ids.allSatisfy { $0.utf8.count == 36 && $0.dropFirst(14).first == "7" })
            for (call, message) in [
                ("'order.placed', ARRAY['a', 'b'], ARRAY['{}']", "there are 2 keys and 1 data"),
                (
                    "'order.placed', ARRAY['a', 'b'], ARRAY['{}', NULL]",
                    "number 2 of the events \"order.placed\" has no data"
                ),
                (
                    "'order.placed', ARRAY['a', ''], ARRAY['{}', '{}']",
                    "number 2 of the events \"order.placed\" has a key of 0 bytes"
                ),
                ("'order.placed', ARRAY['a'], ARRAY['nonsense']", "json"),
                ("'order.plced', ARRAY['a'], ARRAY['{}']", "order.plced"),
            ] {
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query(.oneOff("SELECT mesh.emit_all(\(call))"))
                }
                #expect(error?.message.contains(message) == true, "\(call): \(String(describing: error))")
            }
        }
    }

    @Test func `the field that keys a handler's state is no key of the event`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute(
                "UPDATE mesh.route SET key_path = '{order}' WHERE kind = 'handler' AND name = 'payment.captured'")
            let id = try #require(
                try await pool.value("SELECT mesh.emit('payment.captured', NULL, '{\"order\": \"o-1\"}')"))
            _ = try await pool.value(
                "SELECT mesh.emit_all('payment.captured', ARRAY[NULL, 'k'], ARRAY['{\"order\": \"o-1\"}', '{}'])")
            #expect(
                try await pool.rows("SELECT key = message_id, key = '\(id)' FROM mesh.outbox_sql ORDER BY id")
                    == ["(t,t)", "(t,f)", "(f,f)"])
            // Beside an emitter, its key counts.
            try await pool.execute(
                """
                INSERT INTO mesh.route (kind, name, service, method, topic, key_path, exposed)
                VALUES ('handler', 'order.placed', 'shop.Orders', 'on', 'order.placed', '{other}', false)
                """)
            _ = try await pool.value("SELECT mesh.emit('order.placed', NULL, '{\"id\": \"o-2\", \"other\": \"x\"}')")
            #expect(try await pool.value("SELECT key FROM mesh.outbox_sql ORDER BY id DESC LIMIT 1") == "o-2")
        }
    }

    @Test func `emitting in serializable transactions beside each other makes none of them fail`() async throws {
        try await withStore(connections: 1) { url, pool in
            try await pool.execute(shopRoutes)
            let first = try PostgresConnection(PostgresConfiguration(url: url))
            let second = try PostgresConnection(PostgresConfiguration(url: url))
            defer { first.close(); second.close() }
            for round in 0..<20 {
                for session in [first, second] {
                    try await session.script(
                        "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT mesh.emit('order.placed', 'k\(round)', '{}')")
                }
                try await first.script("SELECT mesh.emit('order.placed', 'l', '{}'); COMMIT")
                try await second.script("SELECT mesh.emit('order.placed', 'l', '{}'); COMMIT")
            }
            #expect(try await pool.value("SELECT count(*) FROM mesh.outbox_transaction WHERE commit_seq > 0") == "40")
        }
    }

    @Test func `a note of the application's own opens no topic but those of deployed events`() async throws {
        try await withStore { url, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                for topic in [
                    "others.topic", "mesh.replies", "shop.Orders", "shop.Orders/place", "shop.Orders/nightly",
                ] {
                    for seal in ["", "SET CONSTRAINTS ALL IMMEDIATE;"] {
                        let begin = "BEGIN; SELECT mesh.emit('order.placed', 'k', '1'); \(seal)"
                        let note =
                            "SELECT set_config('mesh.outbox', '0' || left(gen_random_uuid()::text, 24) || pg_current_xact_id() || ':\(topic)', true)"
                        let error = await #expect(throws: (any Error).self) {
                            try await Psql.run(url, "\(begin) \(note); SELECT mesh.emit('\(topic)', 'k', '2'); COMMIT")
                        }
                        #expect("\(String(describing: error))".contains("the event \"\(topic)\""))
                    }
                }
                try await Psql.run(url, "SELECT mesh.emit('order.placed', 'k', '3')")
                try await eventually { !log.deduplicated.isEmpty }
            }
            #expect(log.deduplicated.map { String(decoding: $0.row.message.data, as: UTF8.self) } == ["3"])
        }
    }

    @Test func `whoever writes to a table can't keep what its trigger emits from being relayed`() async throws {
        try await withStore { url, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute(
                """
                CREATE TABLE public.orders (id text); GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT INSERT ON public.orders TO PUBLIC;
                CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                    PERFORM mesh.emit('order.placed', NEW.id, '{}'); RETURN NEW; END $$;
                CREATE TRIGGER tell BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION public.tell();
                """)
            func note(_ marker: String) -> String {
                """
                SELECT set_config('mesh.outbox', '0' || left(gen_random_uuid()::text, 24) || pg_current_xact_id() || ':order.placed', true),
                    set_config('mesh.outbox_marker', \(marker), true);
                """
            }
            let insert = "INSERT INTO public.orders VALUES"
            let log = RecordingLog()
            try await withRelay(pool, log) {
                for (marker, index) in zip(["''", "'0(0,1)'", "'3(7,1)'"], 1...) {
                    try await Psql.run(url, "BEGIN; \(note(marker)) \(insert) ('a\(index)'), ('b\(index)'); COMMIT")
                }
                // A note and a marker that were right until they were rolled back.
                try await Psql.run(
                    url,
                    """
                    DO $$ DECLARE note text; marker text; BEGIN
                        BEGIN
                            \(insert) ('lost');
                            note := current_setting('mesh.outbox'); marker := current_setting('mesh.outbox_marker', true);
                            RAISE EXCEPTION 'back';
                        EXCEPTION WHEN raise_exception THEN NULL; END;
                        PERFORM set_config('mesh.outbox', note, true), set_config('mesh.outbox_marker', marker, true);
                        \(insert) ('a4'), ('b4');
                    END $$
                    """)
                try await eventually { log.deduplicated.count >= 8 }
            }
            #expect(Set(log.deduplicated.map(\.row.message.key)) == Set((1...4).flatMap { ["a\($0)", "b\($0)"] }))
        }
    }

    @Test func `meddling with the mesh's settings loses nothing`() async throws {
        try await withStore { url, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                for value in [String(repeating: "1", count: 256), "nonsense", String(repeating: "é", count: 256)] {
                    for setting in ["mesh.outbox", "mesh.outbox_marker", "mesh.other"] {
                        try await Psql.run(
                            url,
                            "BEGIN; SET LOCAL \(setting) = '\(value)'; SELECT mesh.emit('order.placed', 'k', '1'); COMMIT"
                        )
                        try await Psql.run(
                            url, "SET \(setting) = '\(value)'; SELECT mesh.emit('order.placed', 'k', '1')")
                    }
                }
                try await eventually { log.deduplicated.count >= 18 }
            }
            #expect(log.deduplicated.count == 18)
        }
    }
}
