import Foundation
import Outbox
import Postgres
import TestSupport
import Testing

/// `docs/tables.md` ends in a part that is rendered from the comments of the tables, so that the two can't differ.
@Suite struct TablesDocumentTests {
    private static let groups: [(title: String, text: String, tables: [String])] = [
        ("Look here first", "Views for people.", ["lag", "backlog", "dead_letters", "workflow_step"]),
        (
            "State and progress", "What the owners of partitions read and write, all of a batch in one transaction.",
            [
                "state", "position", "watermark", "lane", "lane_gap", "lost_lanes", "lane_doubt", "inbox", "outbox",
                "parked",
                "dead_letter",
                "call_result",
            ]
        ),
        (
            "Workflows", "What each is doing and what it did, timers and schedules; written with the batches too.",
            ["workflow", "journal", "signal", "timer", "schedule", "http_call", "outside_limit"]
        ),
        ("Ingress", "What routers write.", ["idempotency", "reply_lease"]),
        (
            "The SQL lane", "From `mesh.emit`, `mesh.send` and what was sent later to the log.",
            ["delayed_send", "outbox_sql", "outbox_transaction", "relay_tick"]
        ),
        (
            "Registry", "What is deployed, and by whom.",
            ["service", "route", "subscription", "deployment", "artifact", "topic", "capability_grant", "setting"]
        ),
        (
            "Operations", "Processes, rights, history.",
            ["worker", "admin_token", "fact", "migration", "rotation", "journal_child"]
        ),
    ]

    private var path: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/tables.md")
            .standardizedFileURL.path
    }

    @Test func `docs/tables.md shows every table, view and column with its comment`() async throws {
        try await withStore { _, pool in
            let rendered = try await render(pool)
            let document = try String(contentsOfFile: path, encoding: .utf8)
            let end = try #require(document.range(of: "-->\n")).upperBound
            if ProcessInfo.processInfo.environment["WASMESH_UPDATE"] != nil {
                try (document[..<end] + rendered).write(toFile: path, atomically: true, encoding: .utf8)
                return
            }
            #expect(String(document[end...]) == rendered, "run this test with WASMESH_UPDATE=1 to write the page anew")
            let tables = try await pool.query(
                .oneOff(
                    """
                    SELECT relname::text FROM pg_class WHERE relnamespace = 'mesh'::regnamespace AND relkind IN ('r', 'p', 'v')
                    AND NOT relispartition ORDER BY 1
                    """)
            ).map { try $0.text(0) }
            #expect(tables == Self.groups.flatMap(\.tables).sorted())
        }
    }

    @Test func `every relation of the schema and every column of one has a comment, children of rotated tables too`()
        async throws
    {
        try await withStore { _, pool in
            let bare = try await pool.query(
                .oneOff(
                    """
                    SELECT c.relname || coalesce('.' || a.attname, '') FROM pg_class c
                    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                        AND col_description(c.oid, a.attnum) IS NULL
                    WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                        AND (obj_description(c.oid, 'pg_class') IS NULL OR a.attname IS NOT NULL) ORDER BY 1
                    """)
            ).map { try $0.text(0) }
            #expect(bare == [])
        }
    }

    private func render(_ pool: PostgresPool) async throws -> String {
        var text = ""
        for group in Self.groups {
            text += "\n## \(group.title)\n\n\(group.text)\n"
            for table in group.tables { text += try await render(pool, table) }
        }
        return text
    }

    private func render(_ pool: PostgresPool, _ table: String) async throws -> String {
        let head = try #require(
            try await pool.query(
                Statement(
                    "table",
                    "SELECT relkind::text, obj_description(oid, 'pg_class') FROM pg_class WHERE oid = ('mesh.' || $1::text)::regclass"
                ),
                .text(table)
            ).first)
        let kind = ["r": "table", "p": "table, rotated", "v": "view"][try head.text(0)] ?? "?"
        var text = "\n### mesh.\(table)\n\n*\(kind).* \(try head.text(1))\n\n| column | type | |\n|---|---|---|\n"
        let columns = try await pool.query(
            Statement(
                "columns",
                """
                SELECT attname::text, replace(format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz'),
                    col_description(attrelid, attnum)
                FROM pg_attribute WHERE attrelid = ('mesh.' || $1::text)::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
                """), .text(table))
        for row in columns { text += "| `\(try row.text(0))` | \(try row.text(1)) | \(try row.text(2)) |\n" }
        return text
    }
}
