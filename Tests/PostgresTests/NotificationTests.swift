import Postgres
import TestSupport
import Testing

@Suite struct NotificationTests {
    @Test func `a notification arrives with channel and payload`() async throws {
        try await withConnection { connection, url in
            let heard = Collector<PostgresNotification>()
            connection.listen("wake \"up\"") { heard.append($0) }
            // In order behind the LISTEN.
            #expect(try await connection.number("SELECT 1::int8") == 1)
            try await Psql.run(url, "NOTIFY \"wake \"\"up\"\"\", 'now'")
            #expect(try await heard.wait(for: 1) == [PostgresNotification(channel: "wake \"up\"", payload: "now")])
        }
    }

    @Test func `a listener that was cut off listens again and is told that it may have missed something`() async throws
    {
        try await withConnection { connection, url in
            let heard = Collector<PostgresNotification>()
            connection.listen("wake") { heard.append($0) }
            let pid = try await connection.number("SELECT pg_backend_pid()::int8")
            try await Psql.run(url, "SELECT pg_terminate_backend(\(pid))")
            #expect(try await heard.wait(for: 1).first?.payload == "")
            #expect(try await connection.number("SELECT 1::int8") == 1)
            try await Psql.run(url, "NOTIFY wake, 'again'")
            #expect(try await heard.wait(for: 2).last?.payload == "again")
        }
    }
}
