import Foundation
import MeshCore
import Outbox
import Postgres
import Schemas
import TestSupport
import Testing

/// `docs/workflows-sql.md` shows questions and answers: each statement is asked here, and its answer must be the one on the page.
@Suite struct WorkflowQuestionsTests {
    private static let schema = """
        @mesh(namespace: "shop", version: "1.1.0")
        enum Stage { OPEN PAID SHIPPED }
        type Order @key(field: "id") {
          id: ID!  customer: ID! @attribute  stage: Stage! @attribute  total: Decimal! @attribute  note: String
        }
        service Orders @state(type: "Order") {
          @workflow fulfil(order: ID!): Stage!
          @workflow returnGoods(order: ID!): Void
          @signal approve(by: String!): Void
          reserve(order: ID!): Void
        }
        service Shipments { @workflow ship(order: ID!): Void }
        """

    private var path: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../docs/workflows-sql.md"
        )
        .standardizedFileURL.path
    }

    @Test func `the questions of docs/workflows-sql.md have the answers that the page shows`() async throws {
        try await withStore { _, pool in
            try await deploy(pool)
            try await pool.execute(Self.fixture)
            let document = try String(contentsOfFile: path, encoding: .utf8)
            var rendered = ""
            var rest = document[...]
            var count = 0
            while let start = rest.range(of: "```sql\n"), let end = rest[start.upperBound...].range(of: "\n```\n") {
                rendered += rest[..<end.upperBound]
                rendered += "\n" + (try await answer(pool, String(rest[start.upperBound..<end.lowerBound])))
                rest = rest[end.upperBound...]
                // The former answer, up to the next heading.
                let next = rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex
                rest = rest[next...]
                count += 1
            }
            rendered += rest
            #expect(count >= 10)
            if ProcessInfo.processInfo.environment["WASMESH_UPDATE"] != nil {
                try rendered.write(toFile: path, atomically: true, encoding: .utf8)
                return
            }
            #expect(document == rendered, "run this test with WASMESH_UPDATE=1 to write the answers anew")
        }
    }

    @Test func `the view of a workflow has its attributes, typed, and is replaced by a deploy`() async throws {
        try await withStore { _, pool in
            #expect(
                try await deploy(pool).views == [
                    "shop.orders", "shop.orders_fulfil", "shop.orders_return_goods", "shop.shipments_ship",
                ])
            let columns = """
                SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position) FROM information_schema.columns
                WHERE table_schema = 'shop' AND table_name = 'orders_fulfil' AND column_name NOT LIKE 'workflow%'
                """
            #expect(try await pool.value(columns) == "customer text, stage text, total numeric")
            try await pool.execute("CREATE VIEW mine AS SELECT customer FROM shop.orders_fulfil")
            try await deploy(pool, Self.schema.replacing(" @attribute  total", with: "  total"), "d2")
            #expect(try await pool.value(columns) == "customer text, total numeric")
            // Somebody's own view goes on with the former columns.
            #expect(try await pool.value("SELECT count(*) FROM mine") == "0")
        }
    }

    @Test func `a step ends by what ended it, whatever its kind`() async throws {
        try await withStore { _, pool in
            try await deploy(pool)
            try await pool.execute(
                Self.workflow("s-1", "running", "signal go", "1 minute")
                    + Self.journal(
                        "s-1", "1 minute",
                        [
                            "'started', 0, 'fulfil', NULL, NULL, NULL", "'signal', 0, 'go', '1', NULL, NULL",
                            "'receive', 1, 'go', NULL, NULL, NULL", "'receive', 2, 'go', NULL, NULL, NULL",
                            "'receive', 3, 'go', NULL, NULL, NULL", "'cancel', 2, NULL, NULL, NULL, NULL",
                            "'signal', 0, 'go', '2', NULL, NULL", "'timer', 4, NULL, '5', NULL, NULL",
                            "'fired', 4, NULL, NULL, NULL, NULL", "'timer', 5, NULL, '5', NULL, NULL",
                            "'call', 6, 'a.B/c', '{}', NULL, '{\"child\":true}'", "'cancel', 6, NULL, NULL, NULL, NULL",
                            "'call', 7, 'a.B/c', '{}', NULL, '{\"detached\":true}'",
                            "'call', 8, 'a.B/c', NULL, NULL, '{\"refused\":\"limit\",\"reason\":\"too many\"}'",
                            "'local', 9, 'shop.Orders/reserve', '{}', NULL, NULL",
                            "'retried', 9, NULL, NULL, '{\"code\":\"AWAY\"}', NULL",
                            "'failed', 9, NULL, NULL, '{\"code\":\"NO\"}', NULL", "'emit', 0, 'x.y', '{}', NULL, NULL",
                        ]))
            let steps = """
                SELECT op || ' ' || kind || ' ' || status || CASE WHEN ended_at IS NULL THEN ' ' ELSE '.' END || attempts || coalesce(' ' || (result #>> '{}'), '')
                    || coalesce(' ' || (error ->> 'code'), '') FROM mesh.workflow_step WHERE service = 'shop.Orders' AND id = 's-1' ORDER BY op
                """
            #expect(
                try await pool.query(.oneOff(steps)).map { try $0.text(0) } == [
                    "1 receive done.1 1", "2 receive cancelled.1", "3 receive done.1 2", "4 timer done.1",
                    "5 timer open 1",
                    "6 call open 1", "7 call done.1", "8 call failed.1", "9 local failed.2 NO",
                ])
            #expect(
                try await pool.value(
                    "SELECT string_agg(name || ' ' || data::text || coalesce(' ' || taken_by, ''), ', ' ORDER BY seq) FROM mesh.signal WHERE id = 's-1'"
                ) == "go 1 1, go 2 3")
            try await pool.execute("UPDATE mesh.workflow SET status = 'terminated', ended_at = now() WHERE id = 's-1'")
            #expect(
                try await pool.value(
                    "SELECT string_agg(op::text, ',' ORDER BY op) FROM mesh.workflow_step WHERE id = 's-1' AND status = 'dropped'"
                )
                    == "5,6")
        }
    }

    @Test func `a timer that fires ends the wait for it, and no call that is only tried again`() async throws {
        try await withStore { _, pool in
            try await deploy(pool)
            try await pool.execute(
                Self.workflow("s-1", "running", "answer of a.B/c", "1 minute")
                    + Self.journal(
                        "s-1", "1 minute",
                        [
                            "'started', 0, 'fulfil', NULL, NULL, NULL", "'timer', 1, NULL, '5', NULL, NULL",
                            "'call', 2, 'a.B/c', '{}', NULL, NULL", "'call', 3, 'a.B/c', '{}', NULL, NULL",
                            "'call', 4, 'a.B/c', '{}', NULL, NULL", "'timer', 5, NULL, '5', NULL, NULL",
                            "'retried', 2, NULL, NULL, '{\"code\":\"AWAY\"}', NULL",
                            "'retried', 3, NULL, NULL, '{\"code\":\"AWAY\"}', NULL",
                            "'retried', 4, NULL, NULL, '{\"code\":\"AWAY\"}', NULL",
                            "'fired', 2, NULL, NULL, NULL, NULL", "'fired', 3, NULL, NULL, NULL, NULL",
                            "'fired', 4, NULL, NULL, NULL, NULL", "'fired', 1, NULL, NULL, NULL, NULL",
                            "'answered', 3, NULL, NULL, '7', NULL",
                            "'failed', 4, NULL, NULL, '{\"code\":\"NO\"}', NULL",
                        ]))
            // Each entry has a time of its own, which tells the one that ended the step.
            let steps = """
                SELECT op || ' ' || kind || ' ' || attempts || ' ' || coalesce(
                    (SELECT j.kind || ' ' || j.seq FROM mesh.journal j WHERE j.id = s.id AND j.at = s.ended_at), status)
                FROM mesh.workflow_step s WHERE service = 'shop.Orders' AND id = 's-1' ORDER BY op
                """
            // A former attempt's error isn't that of a step which was answered in the end.
            let states = try await pool.query(
                .oneOff(
                    "SELECT op || ' ' || status || ' ' || coalesce(error ->> 'code', '-') FROM mesh.workflow_step WHERE id = 's-1' ORDER BY op"
                )
            ).map { try $0.text(0) }
            #expect(states == ["1 done -", "2 open AWAY", "3 done -", "4 failed NO", "5 open -"])
            let ends = try await pool.query(.oneOff(steps)).map { try $0.text(0) }
            #expect(
                ends == [
                    "1 timer 1 fired 13", "2 call 2 open", "3 call 2 answered 14", "4 call 2 failed 15",
                    "5 timer 1 open",
                ])
        }
    }

    @Test func `what a forgotten workflow left isn't the new one's of the same id`() async throws {
        try await withStore { _, pool in
            try await deploy(pool)
            let entries = [
                "'started', 0, 'fulfil', NULL, NULL, NULL", "'receive', 1, 'go', NULL, NULL, NULL",
                "'signal', 0, 'go', '\"old\"', NULL, NULL", "'receive', 2, 'go', NULL, NULL, NULL",
                "'call', 3, 'a.B/old', '{}', NULL, NULL", "'answered', 3, NULL, NULL, '7', NULL",
                "'call', 4, 'a.B/old', '{}', NULL, NULL",
            ]
            // One that is forgotten whole, and one whose id is in use again.
            try await pool.execute(
                Self.journal("s-0", "1 hour", entries) + Self.journal("s-1", "1 hour", entries)
                    + Self.workflow("s-1", "running", "signal go", "1 minute")
                    + Self.journal(
                        "s-1", "1 minute",
                        [
                            "'started', 0, 'fulfil', NULL, NULL, NULL", "'receive', 1, 'go', NULL, NULL, NULL",
                            "'signal', 0, 'go', '\"new\"', NULL, NULL", "'timer', 2, NULL, '5', NULL, NULL",
                            "'call', 3, 'a.B/new', '{}', NULL, NULL",
                        ]))
            #expect(
                try await pool.value(
                    "SELECT string_agg(concat_ws(' ', id, op, kind, name, status, result), ', ' ORDER BY id, op) FROM mesh.workflow_step"
                ) == "s-1 1 receive go done \"new\", s-1 2 timer open, s-1 3 call a.B/new open")
            #expect(
                try await pool.value(
                    "SELECT string_agg(concat_ws(' ', id, data, taken_by), ', ' ORDER BY id, seq) FROM mesh.signal")
                    == "s-1 \"new\" 1")
        }
    }

    @Test func `the steps of one workflow are found by the index, however many there are`() async throws {
        try await withStore { _, pool in
            for view in ["workflow_step", "signal"] {
                let plan = try await pool.query(
                    .oneOff("EXPLAIN SELECT * FROM mesh.\(view) WHERE service = 'shop.Orders' AND id = 'o-1'")
                ).map { try $0.text(0) }.joined(separator: "\n")
                #expect(
                    plan.contains("Index Cond: ((service = 'shop.Orders'::text) AND (id = 'o-1'::text)"), "\(plan)")
                #expect(plan.components(separatedBy: "id = 'o-1'::text").count > 10, "\(plan)")
            }
        }
    }

    // MARK: The mesh that is asked

    @discardableResult
    private func deploy(
        _ pool: PostgresPool, _ text: String = schema, _ digest: String = "d1"
    ) async throws -> DeploymentReceipt {
        let compilation = SchemaCompiler.recompile(SchemaSource(path: "test", text: text))
        let schema = try #require(compilation.schema, "\(compilation.diagnostics)")
        let name = SHA256.hex(Array(digest.utf8))
        return try await RegistryStore(pool).deploy(
            NewDeployment(digest: name, wasm: [0], schemaText: text, schema: schema, actor: "ada"))
    }

    /// A statement's answer as a table of Markdown.
    private func answer(_ pool: PostgresPool, _ sql: String) async throws -> String {
        let statement = sql.trimmingCharacters(in: ["\n", ";"])
        let names = try await pool.query(.oneOff("SELECT * FROM (\(statement)) q LIMIT 0")).columnNames
        let columns = names.map { "q.\"\($0)\"::text" }.joined(separator: ", ")
        let rows = try await pool.query(.oneOff("SELECT \(columns) FROM (\(statement)) q"))
        var lines = ["| \(names.joined(separator: " | ")) |", "|\(String(repeating: "---|", count: names.count))"]
        for row in rows {
            let cells = try names.indices.map { try row.textIfAny($0) ?? "" }
            lines.append("| \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let current = SHA256.hex(Array("d1".utf8))
    private static let former = SHA256.hex(Array("d0".utf8))

    private static func workflow(
        _ id: String, _ status: String, _ waitingFor: String?, _ since: String, method: String = "fulfil",
        service: String = "shop.Orders", version: String = "1.1.0", error: String? = nil, parent: String? = nil,
        run: Int = 1, total: String = "10.00", customer: String = "c-1", stage: String = "OPEN"
    ) -> String {
        let isOpen = ["running", "stuck"].contains(status)
        let waiting = waitingFor.map { "'\($0)', now() - interval '\(since)'" } ?? "NULL, NULL"
        let outcome = status == "completed" ? "'\"SHIPPED\"'" : "NULL"
        let failure = error.map { "'\($0)'" } ?? "NULL"
        let digest = version == "1.1.0" ? current : former
        return """
            INSERT INTO mesh.workflow (service, id, method, status, run, digest, version, next_seq, waiting_for, waiting_since, parent_service,
                parent_id, started_at, updated_at, ended_at, result, error)
            VALUES ('\(service)', '\(id)', '\(method)', '\(status)', \(run), '\(digest)', '\(version)', 99, \(waiting),
                \(parent.map { "'shop.Orders', '\($0)'" } ?? "NULL, NULL"), now() - interval '\(since)', now() - interval '\(since)',
                \(isOpen ? "NULL" : "now() - interval '\(since)'"), \(outcome), \(failure));
            INSERT INTO mesh.state (service, key, version, data) VALUES ('\(service)', '\(id)', 1,
                '{"id": "\(id)", "customer": "\(customer)", "stage": "\(stage)", "total": "\(total)"}');\n
            """
    }

    /// Entries a quarter of a second apart; values of kind, op, name, request, result, details.
    private static func journal(
        _ id: String, _ since: String, _ entries: [String], run: Int = 1, from first: Int = 1
    ) -> String {
        entries.enumerated().map { index, values in
            """
            INSERT INTO mesh.journal (slot, service, id, seq, run, attempt, at, due, kind, op, name, request, result, details)
                SELECT mesh.active_slot('journal'), 'shop.Orders', '\(id)', \(index + first), \(run), 1,
                    now() - interval '\(since)' + \(index) * interval '250 ms', NULL, \(values);\n
            """
        }.joined()
    }

    private static func paid(_ id: String, _ since: String) -> String {
        journal(
            id, since,
            [
                "'started', 0, 'fulfil', '{\"order\": \"\(id)\"}', NULL, NULL",
                "'local', 1, 'shop.Orders/reserve', '{\"order\": \"\(id)\"}', '{}', NULL",
                "'call', 2, 'pay.Payments/capture', '{\"amount\": \"10.00\"}', NULL, NULL",
                "'answered', 2, NULL, NULL, '{\"ok\": true}', NULL",
            ])
    }

    private static let fixture: String = {
        var sql = "BEGIN;\n"
        for index in 1...20 {
            sql += workflow(
                "o-\(index)", "completed", nil, "\(index) hours", customer: "c-\(index % 5)", stage: "SHIPPED")
            sql += paid("o-\(index)", "\(index) hours")
        }
        let refused = #"{"code": "PAYMENT_REFUSED", "message": "the card is blocked"}"#
        let empty = #"{"code": "OUT_OF_STOCK", "message": "no kite left"}"#
        sql += workflow("o-30", "failed", nil, "2 hours", error: refused)
        sql += workflow("o-31", "failed", nil, "3 hours", error: refused)
        sql += workflow("o-32", "failed", nil, "4 hours", error: empty)
        sql += workflow("o-33", "failed", nil, "3 days", error: empty)
        sql += workflow(
            "o-50", "running", "signal approve", "3 days 4 hours 30 s", version: "1.0.0", customer: "c-3", stage: "PAID"
        )
        sql += workflow(
            "o-51", "running", "signal approve or timer", "26 hours 30 s", total: "250.00", customer: "c-3",
            stage: "PAID")
        sql += workflow("o-52", "running", "signal approve", "10 minutes 30 s")
        let mark = "5 minutes 30 s"
        // What is left of a workflow with that id that is forgotten.
        sql += paid("o-53", "40 days")
        sql += workflow(
            "o-53", "running", "answer of pay.Payments/capture", mark, run: 2, total: "99.00", customer: "c-3")
        sql += journal(
            "o-53", mark,
            [
                "'started', 0, 'fulfil', '{\"order\": \"o-53\"}', NULL, NULL",
                "'local', 1, 'shop.Orders/reserve', '{\"order\": \"o-53\"}', '{}', NULL",
                "'call', 2, 'pay.Payments/capture', '{\"amount\": \"9900\"}', NULL, NULL",
                "'continued', 0, 'reset', NULL, NULL, '{\"reset\": 2}'",
            ])
        sql += journal(
            "o-53", mark,
            [
                "'started', 0, 'fulfil', '{\"order\": \"o-53\"}', NULL, NULL",
                "'local', 1, 'shop.Orders/reserve', '{\"order\": \"o-53\"}', '{}', NULL",
                "'call', 2, 'shop.Shipments/ship', '{\"order\": \"o-53\"}', NULL, '{\"child\": true}'",
                "'timer', 3, NULL, '60000000', NULL, NULL", "'fired', 3, NULL, NULL, NULL, NULL",
                "'call', 4, 'pay.Payments/capture', '{\"amount\": \"99.00\"}', NULL, NULL",
                "'retried', 4, NULL, NULL, '{\"code\": \"PROVIDER_UNAVAILABLE\", \"message\": \"the bank is away\"}', NULL",
            ], run: 2, from: 5)
        sql += workflow(
            "o-53-2.2", "running", "timer", mark, method: "ship", service: "shop.Shipments", parent: "o-53")
        for (id, since) in [("o-50", "3 days 4 hours 30 s"), ("o-51", "26 hours 30 s"), ("o-52", "10 minutes 30 s")] {
            sql += paid(id, since)
            sql += """
                INSERT INTO mesh.journal (slot, service, id, seq, run, attempt, at, kind, op, name)
                    SELECT mesh.active_slot('journal'), 'shop.Orders', '\(id)', 5, 1, 1, now() - interval '\(since)', 'receive', 3, 'approve';\n
                """
        }
        sql += workflow(
            "o-55", "stuck", nil, "40 minutes", version: "1.0.0",
            error: #"{"code": "NONDETERMINISM", "message": "nondeterminism at step 3 (journal entry 4)"}"#)
        sql += workflow("r-1", "running", "timer", "2 hours 30 s", method: "returnGoods")
        // Of a service that was taken out of force.
        sql += workflow(
            "g-1", "running", "signal open", "90 s", method: "wrap", service: "shop.Gifts", version: "1.0.0")
        sql += """
            INSERT INTO mesh.timer (service, partition, due, id, run, op, attempt, kind) VALUES
                ('shop.Orders', 3, now() + interval '4 minutes 30 s', 'o-53', 2, 4, 2, 'retry'),
                ('shop.Shipments', 0, now() + interval '35 minutes 30 s', 'o-53-2.2', 1, 1, 1, 'sleep'),
                ('shop.Orders', 1, now() + interval '7 days', 'r-1', 1, 1, 1, 'sleep');
            COMMIT;
            """
        return sql
    }()
}
