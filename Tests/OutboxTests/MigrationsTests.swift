@testable import Outbox
import Postgres
import TestSupport
import Testing

@Suite struct MigrationsTests {
    @Test func `eight programs that start at once migrate the database once`() async throws {
        try await withDatabase { url in
            let runs = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let connection = try PostgresConnection(PostgresConfiguration(url: url))
                        defer { connection.close() }
                        return try await Migrations.run(connection).count
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            let all = try Migration.bundled().count
            #expect(runs.sorted() == Array(repeating: 0, count: 7) + [all])
            let pool = try PostgresPool(PostgresConfiguration(url: url), size: 1)
            defer { pool.close() }
            #expect(try await pool.value("SELECT count(*) FROM mesh.migration") == "\(all)")
        }
    }

    @Test func `a database from a newer program is refused`() async throws {
        try await withStore { _, pool in
            try await pool.execute("INSERT INTO mesh.migration (version, name, checksum) VALUES (999, 'later', 0)")
            let error = await #expect(throws: StoreError.self) { try await Migrations.run(pool.connections[0]) }
            #expect("\(try #require(error))".contains("newer wasmesh"))
        }
    }

    @Test func `a process that is started works with a database from a newer program`() async throws {
        try await withStore { _, pool in
            try await pool.execute("INSERT INTO mesh.migration (version, name, checksum) VALUES (999, 'later', 0)")
            #expect(try await Migrations.missingForWork(pool.connections[0]).isEmpty)
            try await pool.execute("DELETE FROM mesh.migration WHERE version = 3")
            #expect(try await Migrations.missingForWork(pool.connections[0]).map(\.version) == [3])
            try await pool.execute("UPDATE mesh.migration SET checksum = checksum + 1 WHERE version = 4")
            await #expect(throws: StoreError.self) { try await Migrations.missingForWork(pool.connections[0]) }
        }
    }

    @Test func `a database that can't store each text is refused before anything is made in it`() async throws {
        try await withDatabase { url in
            let name = TestEnvironment.uniqueName("ascii")
            try await Psql.run(url, "CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
            let database = try #require(url.split(separator: "/").last)
            let connection = try PostgresConnection(
                PostgresConfiguration(url: url.replacing("/\(database)", with: "/\(name)")))
            defer { connection.close() }
            let error = await #expect(throws: StoreError.self) { try await Migrations.run(connection) }
            #expect("\(try #require(error))".contains("the encoding SQL_ASCII"))
            let made = try await connection.query(.oneOff("SELECT to_regnamespace('mesh') IS NULL"))
            #expect(try made.first?.bool(0) == true)
            connection.close()
            try await Psql.run(url, "DROP DATABASE \(name) WITH (FORCE)")
        }
    }

    @Test func `a script that was edited after it ran is refused`() async throws {
        try await withStore { _, pool in
            try await pool.execute("UPDATE mesh.migration SET checksum = checksum + 1 WHERE version = 3")
            let error = await #expect(throws: StoreError.self) { try await Migrations.run(pool.connections[0]) }
            #expect("\(try #require(error))".contains("migration 3 (partitions) was changed"))
        }
    }

    @Test func `a migration that fails leaves nothing behind`() async throws {
        try await withStore { _, pool in
            var migrations = try Migration.bundled()
            let next = migrations.count + 1
            migrations.append(Migration(version: next, name: "good", sql: "CREATE TABLE mesh.good (i int);"))
            migrations.append(Migration(version: next + 1, name: "bad", sql: "CREATE TABLE mesh.bad (i nonsense);"))
            await #expect(throws: StoreError.self) { try await Migrations.run(pool.connections[0], migrations) }
            #expect(try await pool.value("SELECT to_regclass('mesh.good')") == nil)
            #expect(try await Migrations.run(pool.connections[0]).isEmpty)
        }
    }

    @Test func `a role that owns nothing but the schema mesh may migrate, and one without it is told what it lacks`()
        async throws
    {
        try await withDatabase { url in
            let role = TestEnvironment.uniqueName("owner")
            let database = try await Psql.run(url, "SELECT current_database()")
            try await Psql.run(
                url,
                "CREATE ROLE \(role) LOGIN PASSWORD 'own'; REVOKE ALL ON DATABASE \(database) FROM PUBLIC; GRANT CONNECT ON DATABASE \(database) TO \(role)"
            )
            let server = try #require(url.split(separator: "@").last)
            let connection = try PostgresConnection(PostgresConfiguration(url: "postgresql://\(role):own@\(server)"))
            defer { connection.close() }
            let error = await #expect(throws: StoreError.self) { try await Migrations.run(connection) }
            let words = "\(try #require(error))"
            #expect(words.contains("GRANT CREATE ON DATABASE"))
            try await Psql.run(url, "CREATE SCHEMA mesh AUTHORIZATION \(role)")
            #expect(try await Migrations.run(connection).count == Migration.bundled().count)
        }
    }

    @Test func `what Postgres refuses is told with its SQLSTATE once`() {
        #expect("\(StoreError(PostgresError(.server, "no", sqlstate: "XX000")))" == "no (SQLSTATE XX000)")
        #expect("\(StoreError(PostgresError(.refused, "no", sqlstate: "28P01")))" == "no (SQLSTATE 28P01)")
    }

    @Test func `every table, view and column of the schema mesh has a comment`() async throws {
        try await withStore { _, pool in
            let tables = try await pool.rows(
                """
                SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') IS NULL
                """)
            #expect(tables.isEmpty)
            let columns = try await pool.rows(
                """
                SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relnamespace = 'mesh'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                AND NOT c.relispartition AND col_description(c.oid, a.attnum) IS NULL
                """)
            #expect(columns.isEmpty)
            let functions = try await pool.rows(
                """
                SELECT p.oid::regprocedure FROM pg_proc p
                WHERE p.pronamespace = 'mesh'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
                """)
            #expect(functions.isEmpty)
        }
    }
}
