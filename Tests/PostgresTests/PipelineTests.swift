import Postgres
import TestSupport
import Testing

@Suite struct PipelineTests {
    static let insert = Statement("insert", "INSERT INTO t (id, name) VALUES ($1::int8, $2)")
    static let table = "CREATE TABLE t (id int8 PRIMARY KEY, name text CHECK (name <> 'bad'))"

    @Test func `a pipeline's results come in the order of its statements`() async throws {
        try await withConnection { connection, _ in
            var pipeline = Pipeline()
            pipeline.add(Statement("one", "SELECT $1::int8 + 1"), .int64(41))
            let texts = Statement("texts", "SELECT t, n FROM unnest($1::text[], $2::int8[]) AS x(t, n)")
            pipeline.add(texts, .texts(["a", "é"]), .integers([1, 2]))
            let results = try await connection.submit(pipeline)
            #expect(try results[0][0].int64(0) == 42)
            #expect(try results[1].map { try $0.text(0) } == ["a", "é"])
            #expect(results[1].columnNames == ["t", "n"])
            #expect(results[1].affectedRows == 2)
        }
    }

    @Test func `an empty pipeline has no results`() async throws {
        try await withConnection { connection, _ in
            let results = try await connection.submit(Pipeline())
            #expect(results.isEmpty)
        }
    }

    @Test func `a failed statement undoes its pipeline and no other, and is named`() async throws {
        try await withConnection { connection, _ in
            try await connection.script(Self.table)
            var good = Pipeline()
            good.add(Self.insert, .int64(1), .text("one"))
            var bad = Pipeline()
            bad.add(Self.insert, .int64(2), .text("two"))
            bad.add(Self.insert, .int64(3), .text("bad"))
            bad.add(Self.insert, .int64(4), .text("four"))
            var after = Pipeline()
            after.add(Self.insert, .int64(5), .text("five"))

            // All three are in flight at once.
            async let first = connection.submit(good)
            async let second = failure { try await connection.submit(bad) }
            async let third = connection.submit(after)
            _ = try await (first, third)
            let error = try #require(await second)
            #expect(error.sqlstate == "23514")
            #expect(error.statement == "insert")
            #expect(error.statementIndex == 1)
            #expect(error.constraint == "t_name_check")
            #expect(error.table == "t")
            #expect(!error.isRetriable && !error.isConnectionLoss && !error.outcomeUnknown)
            #expect(try await connection.number("SELECT sum(id)::int8 FROM t") == 6)
        }
    }

    @Test func `an error never quotes the values of the row or the parameter`() async throws {
        try await withConnection { connection, _ in
            try await connection.script(Self.table)
            let secret = "hunter2"
            try await connection.query(Self.insert, .int64(1), .text(secret))
            let duplicate = await failure {
                try await connection.query(Self.insert, .int64(1), .text(secret))
            }
            let syntax = await failure {
                try await connection.query(.oneOff("SELECT $1::int8"), .text(secret))
            }
            #expect(duplicate?.constraint == "t_pkey")
            #expect(syntax?.sqlstate == "22P02")
            for error in [duplicate, syntax] {
                #expect(!"\(try #require(error)) \(String(reflecting: error))".contains(secret))
            }
        }
    }

    @Test func `a constraint that is checked at commit fails the pipeline at its sync`() async throws {
        try await withConnection { connection, _ in
            try await connection.script("CREATE TABLE d (id int8 PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
            let insert = Statement("insert_deferred", "INSERT INTO d VALUES ($1)", parameterTypes: [.int8])
            var pipeline = Pipeline()
            pipeline.add(insert, .int64(1))
            pipeline.add(insert, .int64(1))
            let error = await failure { try await connection.submit(pipeline) }
            #expect(error?.sqlstate == "23505")
            #expect(error?.statementIndex == nil)
            #expect(try await connection.number("SELECT count(*) FROM d") == 0)
        }
    }

    @Test func `statements are prepared once per connection`() async throws {
        try await withConnection { connection, _ in
            let statement = Statement("prepared_once", "SELECT $1::int8")
            for value in 0..<5 {
                var pipeline = Pipeline()
                pipeline.add(statement, .integer(value))
                pipeline.add(statement, .integer(value))
                try await connection.submit(pipeline)
            }
            let count = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'prepared_once%'"
            #expect(try await connection.number(count) == 1)
        }
    }

    @Test func `a statement that can't be prepared fails with its own error, and works once it can`() async throws {
        try await withConnection { connection, _ in
            let statement = Statement("later", "SELECT n FROM later")
            var pipeline = Pipeline()
            pipeline.add(.oneOff("SELECT 1"))
            pipeline.add(statement)
            // Two in flight: the second one was sent in the belief that the first one prepares it.
            let both = pipeline
            async let first = failure { try await connection.submit(both) }
            async let second = failure { try await connection.submit(both) }
            for error in await [first, second] {
                #expect(error?.sqlstate == "42P01")
                #expect(error?.statement == "later")
                #expect(error?.statementIndex == 1)
            }
            try await connection.script("CREATE TABLE later (n int8); INSERT INTO later VALUES (7)")
            #expect(try await connection.row(statement).int64(0) == 7)
        }
    }

    @Test func `a statement in a pipeline that fails before it is prepared nevertheless`() async throws {
        try await withConnection { connection, _ in
            let statement = Statement("behind", "SELECT 1::int8")
            var pipeline = Pipeline()
            pipeline.add(.oneOff("SELECT 1/0"))
            pipeline.add(statement)
            #expect(
                await failure { try await connection.submit(pipeline) }?.sqlstate == "22012"
            )
            let row = try await connection.row(statement)
            #expect(try row.int64(0) == 1)
        }
    }

    @Test func `a statement outdated by a migration is prepared anew after one retriable error`() async throws {
        try await withConnection { connection, _ in
            try await connection.script("CREATE TABLE m (a int8); INSERT INTO m VALUES (1)")
            let statement = Statement("all_of_m", "SELECT * FROM m")
            #expect(try await connection.row(statement).columnCount == 1)
            try await connection.script("ALTER TABLE m ADD b text")
            let error = await failure { try await connection.query(statement) }
            #expect(error?.sqlstate == "0A000")
            #expect(error?.isRetriable == true)
            #expect(try await connection.row(statement).columnCount == 2)
        }
    }

    /// The words come in the server's language.
    @Test func `an outdated plan is known by where in the server its error comes from, not by its words`() async throws
    {
        try await withConnection { connection, _ in
            try await connection.script("CREATE TABLE m (a int8)")
            let statement = Statement("all_of_m", "SELECT * FROM m")
            try await connection.query(statement)
            try await connection.script("ALTER TABLE m ADD b text")
            #expect(await failure { try await connection.query(statement) }?.isPlanOutdated == true)
            let other = await failure {
                try await connection.script(
                    "DO $$ BEGIN RAISE 'cached plan, or so it says' USING ERRCODE = '0A000'; END $$")
            }
            #expect(other?.sqlstate == "0A000" && other?.isPlanOutdated == false && other?.isRetriable == false)
        }
    }

    @Test func `an explicit transaction that fails is rolled back before the next pipeline`() async throws {
        try await withConnection { connection, _ in
            try await connection.script(Self.table)
            var bad = Pipeline()
            bad.begin()
            bad.add(Self.insert, .int64(1), .text("one"))
            bad.add(Self.insert, .int64(1), .text("again"))
            bad.commit()
            async let failed = failure { try await connection.submit(bad) }
            async let count = connection.number("SELECT count(*) FROM t")
            #expect(try await count == 0)
            #expect(await failed?.statementIndex == 2)
        }
    }

    @Test func `an explicit transaction can span pipelines`() async throws {
        try await withConnection { connection, url in
            try await connection.script(Self.table)
            var start = Pipeline()
            start.begin()
            start.add(Self.insert, .int64(1), .text("one"))
            try await connection.submit(start)
            #expect(try await Psql.run(url, "SELECT count(*) FROM t") == "0")
            var end = Pipeline()
            end.add(Self.insert, .int64(2), .text("two"))
            end.commit()
            try await connection.submit(end)
            #expect(try await Psql.run(url, "SELECT count(*) FROM t") == "2")
        }
    }

    @Test func `a script that fails in the middle has no effect, says why, and leaves the connection usable`()
        async throws
    {
        try await withConnection { connection, _ in
            let error = await failure {
                try await connection.script("BEGIN; CREATE TABLE s (n int8); SELECT nonsense; COMMIT")
            }
            #expect(error?.sqlstate == "42703")
            let count = try await connection.number("SELECT count(*) FROM pg_class WHERE relname = 's'")
            #expect(count == 0)
        }
    }

    @Test func `a hundred concurrent submits each get their own answer`() async throws {
        try await withConnection { connection, _ in
            let statement = Statement("echo", "SELECT $1::int8, pg_backend_pid()::int8")
            let pids = try await withThrowingTaskGroup(of: Int64.self) { group in
                for value in 0..<100 {
                    group.addTask {
                        let row = try await connection.row(statement, .integer(value))
                        #expect(try row.int(0) == value)
                        return try row.int64(1)
                    }
                }
                return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
            }
            #expect(pids.count == 1)
            #expect(connection.load == 0)
        }
    }

    @Test func `submits are executed in their order`() async throws {
        try await withConnection { connection, _ in
            try await connection.script("CREATE TABLE o (at bigserial, n int8)")
            let insert = Statement("in_order", "INSERT INTO o (n) VALUES ($1::int8)")
            let done = Collector<Bool>()
            for value in 0..<300 {
                var pipeline = Pipeline()
                pipeline.add(insert, .integer(value))
                connection.submit(pipeline) { outcome in done.append((try? outcome.get()) != nil) }
            }
            #expect(try await done.wait(for: 300).allSatisfy { $0 })
            let wrong = "SELECT count(*) FROM o WHERE at <> n + 1"
            #expect(try await connection.number(wrong) == 0)
        }
    }

    @Test func `more pipelines than the bound are refused at once`() async throws {
        try await withConnection { configuration in
            configuration.maximumQueued = 10
            configuration.maximumInFlight = 2
        } _: { connection, _ in
            let outcomes = Collector<String>()
            var slow = Pipeline()
            slow.add(.oneOff("SELECT pg_sleep(0.3)"))
            for _ in 0..<30 {
                connection.submit(slow) { outcome in
                    switch outcome {
                    case .success: outcomes.append("ok")
                    case .failure(let error): outcomes.append("\(error.kind)")
                    }
                }
            }
            let all = try await outcomes.wait(for: 30)
            #expect(all.count { $0 == "overloaded" } >= 18)
            #expect(all.count { $0 == "ok" } >= 10)
        }
    }

    @Test func `a task cancelled before its pipeline is sent ends at once, and the pipeline has no effect`()
        async throws
    {
        try await withConnection { configuration in
            configuration.maximumInFlight = 1
        } _: { connection, url in
            try await connection.script(Self.table)
            let pid = try await connection.number("SELECT pg_backend_pid()::int8")
            // Runs until it is told to stop.
            async let running = failure { try await connection.query(.oneOff("SELECT pg_sleep(600)")) }
            let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            try await eventually("the slow pipeline to run") { try await Psql.run(url, sleeping) == "1" }
            let waiting = Task {
                await failure { try await connection.query(Self.insert, .int64(1), .text("late")) }
            }
            try await eventually("the second pipeline to wait") { connection.load == 2 }
            waiting.cancel()
            let cancelled = await waiting.value
            #expect(cancelled?.kind == .cancelled)
            #expect(connection.load == 1)
            try await Psql.run(url, "SELECT pg_cancel_backend(\(pid))")
            let stopped = await running
            #expect(stopped?.sqlstate == "57014")
            let count = try await connection.number("SELECT count(*) FROM t")
            #expect(count == 0)
        }
    }

    @Test func `a thread of one's own can wait for a pipeline`() async throws {
        try await withConnection { connection, _ in
            let outcome = Collector<Int64>()
            let thread = Task.detached {
                var pipeline = Pipeline()
                pipeline.add(.oneOff("SELECT 5::int8"))
                if let value = try? connection.submitBlocking(pipeline)[0][0].int64(0) { outcome.append(value) }
            }
            await thread.value
            #expect(outcome.all == [5])
        }
    }

    @Test func `COPY closes the connection with an error instead of hanging, and the next submit has a new one`()
        async throws
    {
        try await withConnection { connection, _ in
            let error = await failure {
                try await connection.script("COPY (SELECT 1) TO STDOUT")
            }
            #expect(error?.kind == .connection)
            let one = try await connection.number("SELECT 1::int8")
            #expect(one == 1)
        }
    }

    @Test func `a closed connection refuses`() async throws {
        try await withConnection { connection, _ in
            let one = try await connection.number("SELECT 1::int8")
            #expect(one == 1)
            connection.close()
            #expect(
                await failure { try await connection.query(.oneOff("SELECT 1")) }?.kind
                    == .closed)
        }
    }

    @Test func `a statement past its time is ended by the server`() async throws {
        try await withConnection { configuration in
            configuration.statementTimeout = .milliseconds(100)
        } _: { connection, _ in
            let error = await failure {
                try await connection.query(.oneOff("SELECT pg_sleep(20)"))
            }
            #expect(error?.sqlstate == "57014")
            #expect(error?.isRetriable == false)
        }
    }
}
