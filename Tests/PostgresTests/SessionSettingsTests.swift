import Postgres
import TestSupport
import Testing

/// The mesh's own sessions are alike, whatever the role and the database have been given.
@Suite struct SessionSettingsTests {
    private func alter(_ url: String, _ settings: [String: String]) async throws {
        let name = try await Psql.run(url, "SELECT current_database()")
        for (setting, value) in settings.sorted(by: { $0.key < $1.key }) {
            try await Psql.run(url, "ALTER DATABASE \(name) SET \(setting) = '\(value)'")
        }
    }

    @Test func `what a database sets for its sessions doesn't reach the mesh's own`() async throws {
        try await withDatabase { url in
            try await alter(
                url,
                [
                    "default_transaction_isolation": "serializable", "default_transaction_deferrable": "on",
                    "statement_timeout": "200ms", "lock_timeout": "100ms",
                    "idle_in_transaction_session_timeout": "150ms", "idle_session_timeout": "150ms",
                ])
            #expect(try await Psql.run(url, "SHOW transaction_isolation") == "serializable")
            let connection = try PostgresConnection(PostgresConfiguration(url: url))
            defer { connection.close() }
            #expect(try await connection.row(.oneOff("SHOW transaction_isolation")).text(0) == "read committed")
            #expect(try await connection.row(.oneOff("SHOW lock_timeout")).text(0) == "0")
            // Longer than a statement, and then a transaction and a session without work, might take.
            #expect(try await connection.number("SELECT 1::int8 FROM pg_sleep(0.4)") == 1)
            let pid = try await connection.number("SELECT pg_backend_pid()::int8")
            var begin = Pipeline()
            begin.begin()
            try await connection.submit(begin)
            try await Task.sleep(for: .milliseconds(400))
            var commit = Pipeline()
            commit.commit()
            try await connection.submit(commit)
            try await Task.sleep(for: .milliseconds(400))
            #expect(try await connection.number("SELECT pg_backend_pid()::int8") == pid)
        }
    }

    @Test func `what the URL sets wins, and what a function sets for itself holds within it`() async throws {
        try await withDatabase { url in
            try await alter(url, ["lock_timeout": "100ms"])
            let configuration = PostgresConfiguration(
                url: url + (url.contains("?") ? "&" : "?") + "options=-c%20lock_timeout%3D1234")
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            #expect(try await connection.row(.oneOff("SHOW lock_timeout")).text(0) == "1234ms")
            try await connection.script(
                """
                CREATE FUNCTION own() RETURNS text LANGUAGE plpgsql SET lock_timeout = '77ms'
                AS $$ BEGIN RETURN current_setting('lock_timeout'); END $$
                """)
            #expect(try await connection.row(.oneOff("SELECT own()")).text(0) == "77ms")
            #expect(try await connection.row(.oneOff("SHOW lock_timeout")).text(0) == "1234ms")
        }
    }

    @Test func `a session that has become read-only is replaced by another one`() async throws {
        try await withConnection { connection, _ in
            try await connection.script("CREATE TABLE t (n int8)")
            let pid = try await connection.number("SELECT pg_backend_pid()::int8")
            try await connection.script("SET default_transaction_read_only = on")
            let error = await failure { try await connection.query(.oneOff("INSERT INTO t VALUES (1)")) }
            #expect(error?.sqlstate == "25006")
            #expect(error?.isConnectionLoss == true)
            #expect(error?.outcomeUnknown == false)
            try await connection.query(.oneOff("INSERT INTO t VALUES (2)"))
            #expect(try await connection.number("SELECT sum(n)::int8 FROM t") == 2)
            #expect(try await connection.number("SELECT pg_backend_pid()::int8") != pid)
        }
    }

    @Test func `a database that may only be read is waited for, with the reason`() async throws {
        try await withDatabase { url in
            try await alter(url, ["default_transaction_read_only": "on"])
            var configuration = PostgresConfiguration(url: url)
            configuration.patience = .milliseconds(200)
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            let error = await failure { try await connection.query(.oneOff("SELECT 1")) }
            #expect(error?.isConnectionLoss == true)
            #expect(error.map { "\($0)".contains("default_transaction_read_only") } == true)
        }
    }
}
