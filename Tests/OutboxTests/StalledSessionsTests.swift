import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

/// Sessions that wait for a client that has gone silent within a transaction (a frozen process, a connection that hangs).
@Suite(.serialized, .timeLimit(.minutes(2))) struct StalledSessionsTests {
    /// Lends a pool by way of a proxy that swallows the next word to commit a batch, beside the pool that goes straight.
    private static func withSilence(
        _ body: (_ url: String, _ pool: PostgresPool, _ silenced: PostgresPool, CommitCutter) async throws -> Void
    ) async throws {
        try await withStore { url, pool in
            let cutter = try CommitCutter(before: url, statements: ["advance"], plan: [(pass: 0, cut: .silence)])
            defer { cutter.stop() }
            let silenced = try PostgresPool(PostgresConfiguration(url: cutter.url(url)), size: 1)
            defer { silenced.close() }
            try await body(url, pool, silenced, cutter)
        }
    }

    private func withWatch(_ pool: PostgresPool, _ body: () async throws -> Void) async throws {
        let watch = Task {
            await StalledSessions(pool, patience: .seconds(1), every: .milliseconds(200)).run()
        }
        defer { watch.cancel() }
        try await body()
    }

    @Test func `a partition that a silent owner holds can be claimed once its session was ended`() async throws {
        try await Self.withSilence { _, pool, silenced, cutter in
            let (store, silent) = (PostgresPartitionStore(pool), PostgresPartitionStore(silenced))
            let claim = try await silent.claim(orders, owner: "silent", logStart: 0)
            let commit = Task { () -> Result<Void, StoreError> in
                do throws(StoreError) {
                    try await silent.commit(claim.batch())
                    return .success(())
                } catch { return .failure(error) }
            }
            try await eventually("the commit is under way", within: .seconds(10)) { cutter.done == [.silence] }
            // The heir isn't kept: it hears why, and may try again.
            await #expect {
                try await store.claim(orders, owner: "heir", logStart: 0)
            } throws: { error in
                guard let error = error as? StoreError, case .transient(let words, "55P03") = error else {
                    return false
                }
                return error.isRetriable && words.contains("another session holds what it needs")
            }
            try await withWatch(pool) {
                try await eventually("the heir to have it", within: .seconds(20)) {
                    do throws(StoreError) {
                        return try await store.claim(orders, owner: "heir", logStart: 0).nextOffset == 0
                    } catch {
                        guard error.isRetriable else { throw error }
                        return false
                    }
                }
            }
            // Who wakes up has to ask what became of it, and hears that it is fenced.
            guard case .failure(.connectionLost(_, outcomeUnknown: true)) = await commit.value else {
                Issue.record("the silent commit: \(await commit.value)")
                return
            }
            await #expect { try await silent.commit(claim.batch()) } throws: { error in
                if case .fenced = error as? StoreError { true } else { false }
            }
        }
    }

    /// As a process that is frozen while it reads a large answer: its transaction ends when that is sent.
    @Test func `rows that a session holds while nobody reads its answer are free once it was ended`() async throws {
        try await withStore { url, pool in
            let cutter = try CommitCutter(before: url, statements: ["large"], plan: [(pass: 0, cut: .deafness)])
            defer { cutter.stop() }
            let deaf = try PostgresPool(PostgresConfiguration(url: cutter.url(url)), size: 1)
            defer { deaf.close() }
            let row = "SELECT FROM mesh.setting WHERE name = 'partitions' FOR UPDATE"
            var work = Pipeline()
            work.add(.oneOff(row))
            work.add(Statement("large", "SELECT repeat('x', 1 << 20) FROM generate_series(1, 64)"))
            let reading = Task { [work] in try? await deaf.submit(work) }
            defer { reading.cancel() }
            let isFree = { try await pool.rows(row + " SKIP LOCKED").count == 1 }
            try await eventually("the answer to be stuck", within: .seconds(20)) {
                try await pool.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'") == "1"
            }
            #expect(try await !isFree())
            try await withWatch(pool) {
                try await eventually("the row to be free", within: .seconds(20)) { try await isFree() }
            }
        }
    }

    @Test func `who works, who holds nothing, and who isn't of the mesh is left alone`() async throws {
        try await withStore(connections: 3) { url, pool in
            // At work within a transaction for longer than the patience.
            let busy = try PostgresConnection(PostgresConfiguration(url: url))
            defer { busy.close() }
            var work = Pipeline()
            work.add(.oneOff("SELECT pg_sleep(1)"))
            work.add(.oneOff("SELECT pg_sleep(3)"))
            work.add(.oneOff("SELECT 1"))
            // Without a transaction.
            let idle = try PostgresConnection(PostgresConfiguration(url: url))
            defer { idle.close() }
            let idleProcess = try await idle.query(.oneOff("SELECT pg_backend_pid()::int8")).first?.int64(0)
            // An application's, which may think for as long as it likes.
            var others = PostgresConfiguration(url: url)
            others.applicationName = "checkout"
            let application = try PostgresConnection(others)
            defer { application.close() }
            try await application.script("BEGIN")
            let applicationProcess = try await application.query(.oneOff("SELECT pg_backend_pid()::int8")).first?
                .int64(0)
            try await withWatch(pool) { _ = try await busy.submit(work) }
            #expect(try await idle.query(.oneOff("SELECT pg_backend_pid()::int8")).first?.int64(0) == idleProcess)
            #expect(
                try await application.query(.oneOff("SELECT pg_backend_pid()::int8")).first?.int64(0)
                    == applicationProcess)
            try await application.script("ROLLBACK")
        }
    }
}
