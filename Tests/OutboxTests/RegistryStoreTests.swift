import MeshCore
import Outbox
import Postgres
import Schemas
import TestSupport
import Testing

@Suite struct RegistryStoreTests {
    private let shop = """
        @mesh(namespace: "shop", version: "1.0.0")
        type Order @key(field: "id") { id: ID! customer: ID! total: Decimal! placedAt: DateTime! }
        type OrderPlaced { id: ID! }
        type PaymentCaptured { order: ID! }
        service Orders @state(type: "Order") {
          place(order: Order!): Order!
          @emits(event: "order.placed", key: "id") orderPlaced(event: OrderPlaced!): Void
          @handles(event: "payment.captured", key: "order") onPaymentCaptured(event: PaymentCaptured!): Void
        }
        """

    @Test func `a deploy is told, puts routes and views in force, and a rollback puts the old ones back`() async throws
    {
        try await withStore { _, pool in
            let registry = RegistryStore(pool)
            let told = Collector<Int>()
            registry.whenChanged { told.append(1) }
            #expect(try await registry.active().isEmpty)
            let receipt = try await registry.deploy(deployment(shop, "d1"))
            #expect(receipt.replaced.isEmpty && receipt.views == ["shop.orders"])
            try await told.wait(for: 1)
            #expect(
                try await registry.active() == [
                    ActiveArtifact(digest: "d1", schemaText: shop, services: ["shop.Orders"], pool: "default")
                ])
            #expect(try await registry.wasm("d1") == [0, 1])
            #expect(try await registry.schemaText("d")?.digest == "d1")
            #expect(
                try await pool.rows("SELECT kind, name, topic, key_path FROM mesh.route ORDER BY kind") == [
                    "(emitter,order.placed,order.placed,{id})", "(handler,payment.captured,payment.captured,{order})",
                    "(method,shop.Orders/place,shop.Orders,)",
                ])
            _ = try await pool.value("SELECT mesh.emit('order.placed', 'k', '{}')")

            let second = shop.replacing("1.0.0", with: "1.1.0").replacing("place(order", with: "submit(order")
            #expect(try await registry.deploy(deployment(second, "d2")).replaced == ["shop.Orders": "d1"])
            #expect(
                try await pool.value("SELECT string_agg(name, ',') FROM mesh.route WHERE kind = 'method'")
                    == "shop.Orders/submit")
            try await registry.deploy(deployment(shop, "d1", wasm: nil))
            #expect(try await registry.active().map(\.digest) == ["d1"])
            #expect(
                try await registry.history(limit: 10).map { "\($0.digest) \($0.isActive)" } == [
                    "d1 true", "d2 false", "d1 false",
                ])
            #expect(try await registry.unfinishedWork(of: "shop.Orders") == UnfinishedWork())
            #expect(try await registry.undeploy("shop.Orders", by: "ada"))
            #expect(try await !registry.undeploy("shop.Orders", by: "ada"))
            #expect(try await registry.unfinishedWork(of: "shop.Orders") == nil)
            #expect(try await registry.active().isEmpty)
            #expect(
                try await AdminStore(pool).facts(limit: 10).map(\.action) == ["undeploy", "deploy", "deploy", "deploy"])
        }
    }

    @Test func `a rollback to a package that isn't there, or a deploy that fails, changes nothing`() async throws {
        try await withStore { _, pool in
            let registry = RegistryStore(pool)
            await #expect(throws: StoreError.self) { try await registry.deploy(deployment(shop, "none", wasm: nil)) }
            try await pool.execute("CREATE SCHEMA shop; CREATE TABLE shop.orders (mine int)")
            let error = await #expect(throws: StoreError.self) { try await registry.deploy(deployment(shop, "d1")) }
            #expect(
                "\(try #require(error))".contains(
                    "shop.orders stands where the view of the state of shop.Orders belongs"))
            #expect(try await registry.active().isEmpty)
            #expect(try await registry.history(limit: 1).isEmpty)
            #expect(try await pool.value("SELECT count(*) FROM shop.orders") == "0")
        }
    }

    @Test(arguments: ["order": "\"order\".orders", "a-b": "\"a-b\".orders", "a.b": "a_b.orders"])
    func `a view is told by the name that SQL wants`(namespace: String, name: String) async throws {
        try await withStore { _, pool in
            let text = shop.replacing("namespace: \"shop\"", with: "namespace: \"\(namespace)\"")
            let receipt = try await RegistryStore(pool).deploy(deployment(text, "d"))
            #expect(receipt.views == [name])
            #expect(try await pool.value("SELECT count(*) FROM \(name)") == "0")
            #expect(try await pool.value("SELECT state_view FROM mesh.service") == name)
        }
    }

    @Test func `what stands where a schema's views belong is told, ours isn't`() async throws {
        try await withStore { _, pool in
            let registry = RegistryStore(pool)
            let schema = try deployment(shop, "d1").schema
            #expect(try await registry.viewObstacles(to: schema).isEmpty)
            try await registry.deploy(deployment(shop, "d1"))
            #expect(try await registry.viewObstacles(to: schema).isEmpty)
            try await pool.execute("DROP VIEW shop.orders; CREATE VIEW shop.orders AS SELECT 1 AS mine")
            #expect(try await registry.viewObstacles(to: schema).map { $0.prefix(18) } == ["shop.orders stands"])
            let reserved = try deployment(shop.replacing("namespace: \"shop\"", with: "namespace: \"pg.x\""), "d2")
                .schema
            #expect(try await registry.viewObstacles(to: reserved).count == 1)
        }
    }

    private let everything = """
        @mesh(namespace: "a.b", version: "1.0.0")
        type Thing @key(field: "id") {
          id: ID! select: String count: Int big: Long ratio: Float open: Boolean ref: UUID price: Decimal day: Date at: Time
          moment: DateTime span: Duration home: URL raw: Bytes any: JSON list: [Int!] part: Part kind: Kind
        }
        type Part { x: Int }
        enum Kind { A B }
        service HTTPThings @state(type: "Thing") { put(thing: Thing!): Void }
        """

    @Test func `each field is a column of its type, and odd data is null instead of an error`() async throws {
        try await withStore { _, pool in
            #expect(try await RegistryStore(pool).deploy(deployment(everything, "d")).views == ["a_b.http_things"])
            #expect(
                try await pool.value(
                    """
                    SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position) FROM information_schema.columns
                    WHERE table_schema = 'a_b' AND table_name = 'http_things'
                    """)
                    == "id text, select text, count integer, big bigint, ratio double precision, open boolean, ref uuid, "
                    + "price numeric, day date, at time without time zone, moment timestamp with time zone, span interval, "
                    + "home text, raw bytea, any jsonb, list jsonb, part jsonb, kind text")
            let good = """
                {"id": "1", "select": "s", "count": 7, "big": "9007199254740993", "ratio": 1.5, "open": true,
                 "ref": "00000000-0000-7000-8000-000000000001", "price": "12.50", "day": "2026-02-28", "at": "13:05:00",
                 "moment": "2026-11-21T13:05:00+01:00", "span": "PT1H30M", "raw": "aGk=", "list": [1], "part": {"x": 1}, "kind": "A"}
                """
            for (key, data) in [
                ("good", good), ("empty", "{}"), ("list", "[1, 2]"), ("text", "\"x\""), ("null", "null"),
                (
                    "odd",
                    #"{"count": "x", "big": 1e400, "ratio": "NaN!", "open": 1, "ref": "z", "price": [], "day": "2026-02-30", "at": "25:61", "moment": "soon", "span": "P", "raw": "§", "list": 3}"#
                ),
                (
                    "large",
                    #"{"count": 99999999999, "big": "99999999999999999999", "ratio": 1e999, "price": "1e99999999", "day": "99999999-01-01"}"#
                ),
            ] {
                try await pool.query(
                    Statement(
                        "put",
                        "INSERT INTO mesh.state (service, key, version, data) VALUES ('a.b.HTTPThings', $1::text, 1, $2::text::jsonb)"
                    ),
                    .text(key), .text(data))
            }
            #expect(try await pool.rows("SELECT * FROM a_b.http_things").count == 7)
            #expect(
                try await pool.value(
                    "SELECT concat_ws('|', count, big, ratio, open, price, day, at, moment AT TIME ZONE 'UTC', span, raw) FROM a_b.http_things WHERE id = '1'"
                )
                    == "7|9007199254740993|1.5|t|12.50|2026-02-28|13:05:00|2026-11-21 12:05:00|01:30:00|\\x6869")
        }
    }

    @Test func `durations of either sign are intervals in a view`() async throws {
        try await withStore { _, pool in
            for (text, interval) in [
                ("PT1H30M", "01:30:00"), ("-PT0.5S", "-00:00:00.5"), ("-P1DT2H", "-1 days -02:00:00"),
                ("-P2W", "-14 days"), ("--PT1S", nil), ("-", nil), ("-1 day", "-1 days"), ("-Px", nil),
            ] {
                let read = try await pool.value("SELECT mesh.as_interval('\(text)')")
                #expect(read == interval, "\(text)")
            }
            let none = try await pool.value("SELECT mesh.as_interval(NULL)")
            #expect(none == nil)
        }
    }

    @Test func `times finer than a microsecond stay within their second in a view`() async throws {
        try await withStore { _, pool in
            for (text, time) in [
                ("23:59:59.999999999", "23:59:59.999999"), ("23:59:59.9999999", "23:59:59.999999"),
                ("13:05:00.25", "13:05:00.25"), ("13:05:00", "13:05:00"), ("25:00:00.0000000", nil),
            ] {
                let read = try await pool.value("SELECT mesh.as_time('\(text)')")
                #expect(read == time, "\(text)")
            }
            for (text, time) in [
                ("2026-12-31T23:59:59.9999999Z", "2026-12-31 23:59:59.999999"),
                ("2027-01-01T01:59:59.999999999+02:00", "2026-12-31 23:59:59.999999"),
                ("9999-12-31T23:59:59.999999999Z", "9999-12-31 23:59:59.999999"),
                ("2026-11-21T13:05:00.5Z", "2026-11-21 13:05:00.5"), ("soon", nil),
            ] {
                let read = try await pool.value("SELECT mesh.as_timestamptz('\(text)') AT TIME ZONE 'UTC'")
                #expect(read == time, "\(text)")
            }
        }
    }

    @Test func `each column of a view says what it is, as the schema does where it says something`() async throws {
        let described = """
            @mesh(namespace: "shop", version: "1.0.0")
            type Order @key(field: "id") {
              id: ID!
              "Who pays; it isn't 'who ordered'."
              customer: ID! @attribute
              workflow_id: String
            }
            service Orders @state(type: "Order") { @workflow fulfil(order: ID!): Void }
            """
        try await withStore { _, pool in
            let registry = RegistryStore(pool)
            let comments = """
                SELECT string_agg(a.attname || ': ' || coalesce(col_description(a.attrelid, a.attnum), 'nothing'), ' | ' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attnum > 0 AND a.attrelid = 'shop.
                """
            try await registry.deploy(deployment(described, "d1"))
            #expect(
                try await pool.value(comments + "orders'::regclass") == """
                    id: The field id of Order: ID!, the key. | customer: Who pays; it isn't 'who ordered'. | \
                    workflow_id: The field workflow_id of Order: String.
                    """)
            let workflow = try #require(try await pool.value(comments + "orders_fulfil'::regclass"))
            #expect(workflow.hasPrefix("customer: Who pays; it isn't 'who ordered'. | workflow_id: The workflow's id"))
            #expect(!workflow.contains(": nothing"), "\(workflow)")
            // Another version's words take the place of the former ones.
            try await registry.deploy(deployment(described.replacing("Who pays", with: "Whose card it is"), "d2"))
            #expect(
                try await pool.value(comments + "orders'::regclass")?.contains("customer: Whose card it is") == true)
        }
    }

    @Test func `a new version changes the columns, keeps the rights, and leaves views of others standing`() async throws
    {
        try await withStore { url, pool in
            let registry = RegistryStore(pool)
            try await registry.deploy(deployment(shop, "d1"))
            let reader = TestEnvironment.uniqueName("reader")
            try await pool.execute(
                "CREATE ROLE \(reader); GRANT USAGE ON SCHEMA shop TO \(reader); GRANT SELECT ON shop.orders TO \(reader)"
            )
            try await pool.execute(
                "INSERT INTO mesh.state (service, key, version, data) VALUES ('shop.Orders', 'o', 1, '{\"id\": \"o\", \"total\": \"5\"}')"
            )
            let changed = shop.replacing("customer: ID! total: Decimal!", with: "total: Float! note: String")
            try await registry.deploy(deployment(changed, "d2"))
            #expect(try await Psql.run(url, "SET ROLE \(reader); SELECT id, total, note FROM shop.orders") == "o|5|")
            try await pool.execute("CREATE VIEW public.report AS SELECT id, note FROM shop.orders")
            try await registry.deploy(deployment(shop, "d1", wasm: nil))
            #expect(
                try await Psql.run(url, "SET ROLE \(reader); SELECT id, total, customer FROM shop.orders") == "o|5|")
            #expect(try await pool.rows("SELECT * FROM public.report") == ["(o,)"])
            // The same again is no change, and appended columns need no new view.
            try await registry.deploy(deployment(shop, "d1", wasm: nil))
            #expect(try await pool.value("SELECT count(*) FROM pg_views WHERE schemaname = 'shop'") == "2")
            try await pool.execute("DROP OWNED BY \(reader); DROP ROLE \(reader)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `whoever reads a view holds up no deploy that leaves it as it is, and others for two seconds`() async throws {
        try await withStore { url, pool in
            let registry = RegistryStore(pool)
            try await registry.deploy(deployment(shop, "d1"))
            let reader = try PostgresConnection(PostgresConfiguration(url: url))
            defer { reader.close() }
            try await reader.script("BEGIN; SELECT * FROM shop.orders")
            let same = shop.replacing("1.0.0", with: "1.1.0").replacing("place(order", with: "submit(order")
            try await registry.deploy(deployment(same, "d2"))

            let changed = try deployment(same.replacing("customer: ID!", with: "customer: ID! note: String"), "d3")
            let start = ContinuousClock.now
            let error = await #expect(throws: StoreError.self) { try await registry.deploy(changed) }
            #expect(ContinuousClock.now - start < .seconds(20))
            guard case .transient(let message, sqlstate: "55P03") = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(message.contains("the columns of shop.orders change") && message.contains("deploy again"))
            #expect(try await registry.active().map(\.digest) == ["d2"])
            #expect(try await pool.value("SELECT current_setting('lock_timeout')") == "0")

            try await reader.script("COMMIT")
            try await registry.deploy(changed)
            #expect(try await pool.rows("SELECT viewname FROM pg_views WHERE schemaname = 'shop'") == ["(orders)"])
            #expect(try await pool.rows("SELECT note FROM shop.orders").isEmpty)
        }
    }

    @Test func `a deploy that was reviewed against what isn't in force any more is refused`() async throws {
        try await withStore { _, pool in
            let registry = RegistryStore(pool)
            var first = try deployment(shop, "d1")
            first.reviewedAgainst = [:]
            try await registry.deploy(first)
            var second = try deployment(shop.replacing("1.0.0", with: "1.1.0"), "d2")
            for stale in [[:], ["shop.Orders": "d0"], ["shop.Orders": "d1", "shop.Gone": "d1"]] {
                second.reviewedAgainst = stale
                let error = await #expect(throws: StoreError.self) { try await registry.deploy(second) }
                guard case .transient(_, sqlstate: "40001") = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            #expect(try await registry.active().map(\.digest) == ["d1"])
            second.reviewedAgainst = ["shop.Orders": "d1"]
            try await registry.deploy(second)
            #expect(try await registry.active().map(\.digest) == ["d2"])
        }
    }

    @Test func `many deploys at once end in one of them, whole`() async throws {
        try await withStore(connections: 6) { _, pool in
            let registry = RegistryStore(pool)
            let other = shop.replacing("total: Decimal!", with: "sum: Float!").replacing(
                "place(order", with: "submit(order")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<12 {
                    group.addTask {
                        try await registry.deploy(deployment(index % 2 == 0 ? shop : other, "d\(index % 2)"))
                    }
                }
                try await group.waitForAll()
            }
            let digest = try #require(try await registry.active().first?.digest)
            #expect(try await registry.active().count == 1)
            let column = digest == "d0" ? "total" : "sum"
            #expect(
                try await pool.value(
                    "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'shop' AND column_name = '\(column)'"
                ) == "1")
            #expect(
                try await pool.value("SELECT method FROM mesh.route WHERE kind = 'method'")
                    == (digest == "d0" ? "place" : "submit"))
        }
    }

    @Test func `topics are recorded once and keep their count`() async throws {
        try await withStore { _, pool in
            let registry = RegistryStore(pool)
            try await registry.record([TopicRecord(name: "a", kind: .event, partitions: 4)])
            try await registry.record([
                TopicRecord(name: "a", kind: .event, partitions: 8),
                TopicRecord(name: "b", kind: .calls, partitions: 2),
            ])
            let book = try await registry.topicBook()
            #expect(
                book.topics.map { "\($0.name) \($0.partitions)" } == ["a 4", "b 2"] && book.partitions == 16
                    && book.isBrokerDurable)
            try await registry.set("broker_durable", to: "false")
            #expect(try await !registry.topicBook().isBrokerDurable)
        }
    }
}

extension String {
    fileprivate func replacing(_ text: String, with other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
    }
}
