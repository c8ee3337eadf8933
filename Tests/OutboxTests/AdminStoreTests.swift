import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

/// Tokens, the audit trail, and the list of processes.
@Suite struct AdminStoreTests {
    @Test func `tokens are shown once, stored as hashes, and can be taken back`() async throws {
        try await withStore(connections: 4) { _, pool in
            let admin = AdminStore(pool)
            let first = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<6 { group.addTask { try await admin.createFirstToken(name: "admin") } }
                return try await group.reduce(into: [String]()) { if let token = $1 { $0.append(token) } }
            }
            #expect(first.count == 1)
            let token = try #require(first.first)
            #expect(try await admin.check(token: token) == "admin")
            #expect(try await admin.check(token: token + "0") == nil)
            #expect(
                try await pool.value(
                    "SELECT count(*) FROM mesh.admin_token t WHERE t::text LIKE '%\(token.dropFirst(5))%'") == "0")
            let other = try await admin.createToken(name: "ci")
            #expect(try await admin.check(token: other) == "ci")
            #expect(try await admin.revokeTokens(name: "ci") == 1)
            #expect(try await admin.check(token: other) == nil)
        }
    }

    @Test func `a chosen token that was taken back, or is a caller's, isn't good for an administrator`() async throws {
        try await withStore { _, pool in
            let admin = AdminStore(pool)
            #expect(try await admin.ensure(token: "a token of my choice", name: "admin"))
            #expect(try await admin.ensure(token: "a token of my choice", name: "admin"))
            _ = try await admin.revokeTokens(name: "admin")
            #expect(try await admin.ensure(token: "a token of my choice", name: "admin") == false)
            let caller = try await admin.createCallerToken(name: "till", roles: ["clerk"], by: "ada").token
            #expect(try await admin.ensure(token: caller, name: "admin") == false)
        }
    }

    @Test func `of the last two administrators' tokens that are taken back at once one stays`() async throws {
        try await withStore(connections: 3) { url, pool in
            let admin = AdminStore(pool)
            for name in ["ada", "bob"] { _ = try await admin.createToken(name: name) }
            let ids = try await admin.tokens().map(\.id)
            // Neither ends before both have begun.
            let holder = try PostgresConnection(PostgresConfiguration(url: url))
            defer { holder.close() }
            try await holder.script("BEGIN; SELECT id FROM mesh.admin_token FOR UPDATE")
            async let first = admin.revokeToken(ids[0], by: "ada")
            async let second = admin.revokeToken(ids[1], by: "bob")
            try await eventually("both wait") {
                try await pool.value(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ) == "2"
            }
            try await holder.script("COMMIT")
            let outcomes = try await [first, second]
            #expect(outcomes.contains(.done) && outcomes.contains(.last), "\(outcomes)")
            #expect(try await admin.hasAdministrator())
            #expect(try await pool.value("SELECT count(*) FROM mesh.fact WHERE action = 'revoke token'") == "1")
        }
    }

    @Test func `the audit trail tells which of two tokens of one name was taken back`() async throws {
        try await withStore { _, pool in
            let admin = AdminStore(pool)
            let ids = try await [
                admin.createCallerToken(name: "till", roles: ["clerk"], by: "ada").id,
                admin.createCallerToken(name: "till", roles: ["clerk"], by: "ada").id,
            ]
            #expect(try await admin.revokeToken(ids[1], by: "ada") == .done)
            let fact = try #require(try await admin.facts(limit: 1).first)
            #expect(fact.action == "revoke token" && fact.subject == "till" && fact.details == "{\"id\": \(ids[1])}")
        }
    }

    @Test func `of two processes with one name the second is told`() async throws {
        try await withStore { _, pool in
            let admin = AdminStore(pool)
            let first = MeshProcess(id: "w-1", kind: .worker, host: "a", pid: 1, pool: "default")
            let second = MeshProcess(id: "w-1", kind: .worker, host: "b", pid: 2, pool: "default")
            try await admin.heartbeat(first, lease: .seconds(60))
            try await admin.heartbeat(first, lease: .seconds(60))
            await #expect(throws: StoreError.self) { try await admin.heartbeat(second, lease: .seconds(60)) }
            try await admin.goodbye(first)
            try await admin.heartbeat(second, lease: .seconds(60))
        }
    }

    @Test func `a process that was seen at a time that is yet to come, before the database's clock went back, is gone`()
        async throws
    {
        try await withStore { _, pool in
            let admin = AdminStore(pool)
            let first = MeshProcess(id: "w-1", kind: .worker, host: "a", pid: 1, pool: "default")
            let second = MeshProcess(id: "w-1", kind: .worker, host: "b", pid: 2, pool: "default")
            try await admin.heartbeat(first, lease: .seconds(60))
            // A moment ahead is no more than a clock that was put right.
            try await pool.execute("UPDATE mesh.worker SET seen_at = clock_timestamp() + interval '1 second'")
            await #expect(throws: StoreError.self) { try await admin.heartbeat(second, lease: .seconds(60)) }
            try await pool.execute("UPDATE mesh.worker SET seen_at = clock_timestamp() + interval '1 hour'")
            try await admin.heartbeat(second, lease: .seconds(60))
        }
    }
}
