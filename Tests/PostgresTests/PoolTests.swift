import Postgres
import TestSupport
import Testing

@Suite struct PoolTests {
    private func withPool<Result>(size: Int, _ body: (PostgresPool) async throws -> Result) async throws -> Result {
        try await withDatabase { url in
            let pool = try PostgresPool(PostgresConfiguration(url: url), size: size)
            defer { pool.close() }
            return try await body(pool)
        }
    }

    @Test func `work is spread over the connections`() async throws {
        try await withPool(size: 3) { pool in
            let slow = Statement("slow_pid", "SELECT pg_backend_pid()::int8, pg_sleep(0.2)")
            let pids = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<6 { group.addTask { try await pool.query(slow)[0].int64(0) } }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(pids.count == 3)
        }
    }

    @Test func `a lent connection is one caller's alone, and a transaction left open is rolled back`() async throws {
        try await withPool(size: 1) { pool in
            try await pool.query(.oneOff("CREATE TABLE t (n int8)"))
            let inside = Collector<Int>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        try await pool.withConnection { connection throws(PostgresError) in
                            inside.append(1)
                            var pipeline = Pipeline()
                            pipeline.begin()
                            pipeline.add(.oneOff("INSERT INTO t VALUES (1)"))
                            try await connection.submit(pipeline)
                            guard let count = try await connection.query(.oneOff("SELECT count(*) FROM t")).first else {
                                return
                            }
                            // Nobody else's row, and none left from before.
                            #expect(try count.int64(0) == 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(inside.count == 10)
            #expect(try await pool.query(.oneOff("SELECT count(*) FROM t"))[0].int64(0) == 0)
        }
    }

    @Test func `a task cancelled while it waits for a connection stops waiting`() async throws {
        try await withPool(size: 1) { pool in
            let entered = Collector<Int>()
            let holder = Task {
                try await pool.withConnection { connection throws(PostgresError) in
                    entered.append(1)
                    _ = try await connection.query(.oneOff("SELECT pg_sleep(1)"))
                }
            }
            try await entered.wait(for: 1)
            let waiter = Task {
                await failure {
                    try await pool.withConnection { _ throws(PostgresError) in entered.append(2) }
                }
            }
            waiter.cancel()
            #expect(await waiter.value?.kind == .cancelled)
            try await holder.value
            #expect(entered.all == [1])
        }
    }

    @Test func `a transaction that a cancelled task leaves open is rolled back as well`() async throws {
        try await withPool(size: 1) { pool in
            try await pool.query(.oneOff("CREATE TABLE t (n int8)"))
            for round in 1...20 {
                let begun = Collector<Int>()
                let task = Task {
                    try await pool.withConnection { connection throws(PostgresError) in
                        var pipeline = Pipeline()
                        pipeline.begin()
                        pipeline.add(.oneOff("INSERT INTO t VALUES (-1)"))
                        try await connection.submit(pipeline)
                        begun.append(1)
                        while !Task.isCancelled { await Task.yield() }
                        _ = try await connection.query(.oneOff("INSERT INTO t VALUES (-2)"))
                    }
                }
                try await begun.wait(for: 1)
                task.cancel()
                _ = await task.result
                // What comes next isn't within that transaction: others see it.
                try await pool.query(.oneOff("INSERT INTO t VALUES (1)"))
                let other = try PostgresPool(pool.connections[0].configuration, size: 1)
                defer { other.close() }
                let count = try await other.query(.oneOff("SELECT count(*) FROM t")).first?.int64(0)
                #expect(count == Int64(round))
            }
        }
    }

    @Test func `a pipeline never runs within the transaction of a connection that is lent at that moment`() async throws
    {
        try await withPool(size: 2) { pool in
            try await pool.query(.oneOff("CREATE TABLE t (n int8)"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<30 {
                            // Rolled back when the connection is given back.
                            try await pool.withConnection { connection throws(PostgresError) in
                                var pipeline = Pipeline()
                                pipeline.begin()
                                try await connection.submit(pipeline)
                            }
                        }
                    }
                    group.addTask {
                        for _ in 0..<100 { try await pool.query(.oneOff("INSERT INTO t VALUES (1)")) }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pool.query(.oneOff("SELECT count(*) FROM t")).first?.int64(0) == 800)
        }
    }

    @Test func `a transaction left open by a pipeline on no connection in particular is refused`() async throws {
        try await withPool(size: 1) { pool in
            var pipeline = Pipeline()
            pipeline.begin()
            let error = await failure { [pipeline] in try await pool.submit(pipeline) }
            #expect(error?.kind == .value)
        }
    }
}
