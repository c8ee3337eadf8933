import Embedded
import Postgres
import TestSupport
import Testing

@testable import Commands

/// What the doctor says of a database.
@Suite struct PostgresCheckTests {
    private func findings(_ url: String) async -> [String: Finding] {
        Dictionary(await PostgresCheck.run(url).map { ($0.subject, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The address of the same database for a role that may do nothing but log in.
    private func plainRole(_ url: String) async throws -> (name: String, url: String) {
        let name = TestEnvironment.uniqueName("plain")
        try await Psql.run(url, "CREATE ROLE \(name) LOGIN PASSWORD 'own'")
        return (name, "postgresql://\(name):own@\(try #require(url.split(separator: "@").last))")
    }

    @Test func `sessions of other roles are counted, and that their transactions are hidden is said`() async throws {
        try await withDatabase { url in
            let other = try PostgresConnection(PostgresConfiguration(url: url))
            defer { other.close() }
            try await other.submit(Pipeline(.oneOff("SELECT 1")))
            let role = try await plainRole(url)
            let plain = await findings(role.url)
            #expect(plain["transactions"]?.verdict == .note)
            #expect(plain["transactions"]?.fact.contains("hidden from the role \(role.name)") == true)
            #expect(plain["transactions"]?.remedy == "GRANT pg_read_all_stats TO \(role.name)")
            // Ours, and the doctor's own.
            let used = plain["connections"]?.fact.split(separator: " ").first.flatMap { Int($0) } ?? 0
            #expect(used >= 2)
            try await Psql.run(url, "GRANT pg_read_all_stats TO \(role.name)")
            #expect(await findings(role.url)["transactions"]?.verdict == .fine)
            #expect(await findings(url)["encoding"] == nil)
        }
    }

    @Test func `a database that can't store each text is a problem`() async throws {
        try await withDatabase { url in
            let name = TestEnvironment.uniqueName("latin")
            try await Psql.run(url, "CREATE DATABASE \(name) TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
            let database = try #require(url.split(separator: "/").last)
            let found = await findings(url.replacing("/\(database)", with: "/\(name)"))
            #expect(found["encoding"]?.verdict == .problem)
            #expect(found["encoding"]?.fact.contains("LATIN1") == true)
            try await Psql.run(url, "DROP DATABASE \(name) WITH (FORCE)")
        }
    }

    @Test func `who may make no roles is told which are missing, by the migration too`() async throws {
        try await withOwnPostgres { postgres in
            let role = try await plainRole(postgres.url())
            try await Psql.run(postgres.url(), "CREATE DATABASE own OWNER \(role.name)")
            let url = role.url.replacing("/" + (role.url.split(separator: "/").last ?? ""), with: "/own")
            let first = await ProgramRun(["migrate", "--postgres", url])
            #expect(first.exit == .success, "\(first.error)")
            #expect(first.out.contains("roles not there: mesh_app, mesh_read; an administrator makes"), "\(first.out)")
            #expect(await findings(url)["roles"]?.fact == "not there: mesh_app, mesh_read")
            try await Psql.run(postgres.url(), "CREATE ROLE mesh_app NOLOGIN; CREATE ROLE mesh_read NOLOGIN")
            #expect(await !ProgramRun(["migrate", "--postgres", url]).out.contains("roles"))
        }
    }

    @Test func `a partition that is claimed again and again is told`() async throws {
        try await withDatabase { url in
            #expect(await findings(url)["partitions"] == nil)
            #expect(await ProgramRun(["migrate", "--postgres", url]).exit == .success)
            try await Psql.run(
                url,
                """
                INSERT INTO mesh.worker (id, kind, incarnation, host, pid, started_at, seen_at, details)
                    SELECT w, 'worker', w, 'h', 1, now() - age, now(), '{}' FROM (VALUES ('old', interval '5 min'), ('new', interval '5 s')) v (w, age);
                INSERT INTO mesh.position (consumer_group, topic, partition, next_offset, lane, epoch, owner, claimed_at)
                    VALUES ('s.A', 's.A', 0, 0, 1, 3, 'old', now()), ('s.A', 's.A', 1, 0, 1, 90, 'new', now()),
                        ('s.A', 's.A', 2, 0, 1, 90, 'old', now() - interval '1 min')
                """)
            #expect(await findings(url)["partitions"] == nil)
            try await Psql.run(
                url, "UPDATE mesh.position SET epoch = epoch + 40, claimed_at = now() WHERE owner = 'old'")
            let found = await findings(url)["partitions"]
            #expect(found?.verdict == .warning)
            #expect(found?.fact == "s.A[2] of s.A was just claimed anew by old, and 1 more")
        }
    }
}
