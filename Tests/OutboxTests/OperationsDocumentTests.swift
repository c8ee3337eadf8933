import Foundation
import Outbox
import Postgres
import TestSupport
import Testing

/// What docs/operations.md has people look at.
@Suite struct OperationsDocumentTests {
    private func queries() throws -> [String] {
        let page = try String(contentsOfFile: "\(TestEnvironment.checkout)/docs/operations.md", encoding: .utf8)
        let table = try #require(page.range(of: "## What to watch"))
        return page[table.upperBound...].prefix { $0 != "#" }.matches(of: /`(select [^`]+)`/).map {
            String($0.output.1)
        }
    }

    @Test func `the queries to look at first run, and the size of the outbox is that of its rows`() async throws {
        try await withStore { _, pool in
            try await pool.execute(
                """
                INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, key, id, type, source, data)
                    SELECT 0, 1, n, 0, now(), 't', 'k', n::text, 't', '/s', '{}' FROM generate_series(1, 2000) n
                """)
            let queries = try queries()
            #expect(queries.count == 5)
            for query in queries { try await pool.query(.oneOff(query)) }
            let size = try await pool.value(try #require(queries.first { $0.contains("pg_size_pretty") }))
            #expect(size?.hasSuffix(" kB") == true, "\(size ?? "nothing")")
        }
    }
}
