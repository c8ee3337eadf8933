import Embedded
import Glibc
import Postgres
import TestSupport
import Testing

@Suite struct ConnectionLossTests {
    private static let pid = Statement("pid", "SELECT pg_backend_pid()::int8")

    @Test func `a connection ended by the server fails what was sent, says the outcome is unknown, and comes back`()
        async throws
    {
        try await withConnection { connection, url in
            try await connection.script("CREATE TABLE t (n int8)")
            let pid = try await connection.row(Self.pid).int64(0)
            var pipeline = Pipeline()
            pipeline.add(.oneOff("INSERT INTO t VALUES (1)"))
            pipeline.add(.oneOff("SELECT pg_sleep(30)"))
            let both = pipeline
            async let running = failure { try await connection.submit(both) }
            async let behind = failure { try await connection.submit(both) }
            let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            try await eventually("the backend to sleep") { try await Psql.run(url, sleeping) == "1" }
            try await Psql.run(url, "SELECT pg_terminate_backend(\(pid))")
            for error in await [running, behind] {
                #expect(error?.isConnectionLoss == true)
                #expect(error?.outcomeUnknown == true)
                #expect(error?.isRetriable == true)
            }
            // Prepared anew on the new connection.
            let other = try await connection.row(Self.pid).int64(0)
            #expect(other != pid)
            #expect(try await connection.number("SELECT count(*) FROM t") == 0)
        }
    }

    @Test(arguments: CommitCutter.Cut.ends)
    func `a connection that is cut at a commit says that it was lost, and that nobody knows the outcome`(
        cut: CommitCutter.Cut
    ) async throws {
        try await withDatabase { url in
            let cutter = try CommitCutter(before: url, statements: ["insert"], plan: [(pass: 1, cut: cut)])
            defer { cutter.stop() }
            let connection = try PostgresConnection(PostgresConfiguration(url: cutter.url(url)))
            defer { connection.close() }
            try await connection.script("CREATE TABLE t (n int8)")
            let insert = Statement("insert", "INSERT INTO t VALUES ($1::int8)")
            try await connection.query(insert, .integer(1))
            let error = await failure { try await connection.query(insert, .integer(2)) }
            #expect(error?.isConnectionLoss == true)
            #expect(error?.outcomeUnknown == true)
            #expect(error?.message.contains("the connection to Postgres at 127.0.0.1:\(cutter.port) was lost") == true)
            #expect(try await connection.number("SELECT count(*) FROM t") == (cut == .beforeCommit ? 1 : 2))
        }
    }

    @Test func `an open transaction that is lost can't have been committed`() async throws {
        try await withConnection { connection, url in
            let pid = try await connection.row(Self.pid).int64(0)
            var pipeline = Pipeline()
            pipeline.begin()
            pipeline.add(.oneOff("SELECT pg_sleep(30)"))
            async let running = failure { try await connection.submit(pipeline) }
            let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'"
            try await eventually("the backend to sleep") { try await Psql.run(url, sleeping) == "1" }
            try await Psql.run(url, "SELECT pg_terminate_backend(\(pid))")
            #expect(await running?.isConnectionLoss == true)
            #expect(await running?.outcomeUnknown == false)
        }
    }

    @Test func `a connection killed again and again between pipelines loses nothing that was acknowledged`()
        async throws
    {
        try await withConnection { connection, url in
            try await connection.script("CREATE TABLE t (n int8 PRIMARY KEY)")
            let insert = Statement("insert_n", "INSERT INTO t VALUES ($1::int8) ON CONFLICT DO NOTHING")
            let killer = Task {
                let kill =
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wasmesh' AND datname = current_database()"
                for _ in 0..<20 { try await Psql.run(url, kill) }
            }
            for value in 0..<500 {
                while true {
                    do throws(PostgresError) {
                        try await connection.query(insert, .integer(value))
                        break
                    } catch {
                        guard error.isRetriable else { throw error }
                    }
                }
            }
            try await killer.value
            #expect(try await connection.number("SELECT count(*) FROM t") == 500)
        }
    }

    @Test func `what is submitted while the server is down waits for it`() async throws {
        try await withOwnPostgres { postgres in
            let connection = try PostgresConnection(PostgresConfiguration(url: postgres.url()))
            defer { connection.close() }
            #expect(try await connection.number("SELECT 1::int8") == 1)
            await postgres.kill()
            async let waiting = connection.number("SELECT 2::int8")
            async let alsoWaiting = connection.number("SELECT 3::int8")
            try await postgres.restart()
            // The first one may have been sent before the loss was noticed; only what was sent fails.
            let first = try? await waiting
            #expect(first == 2 || first == nil)
            let second = try? await alsoWaiting
            #expect(second == 3 || second == nil)
            #expect(try await connection.number("SELECT 4::int8") == 4)
        }
    }

    @Test
    func `a server that never comes fails the submit after its patience, with the address and without the password`()
        async throws
    {
        var configuration = PostgresConfiguration(url: "postgresql://someone:hunter2@127.0.0.1:1/shop")
        configuration.patience = .milliseconds(300)
        let connection = try PostgresConnection(configuration)
        defer { connection.close() }
        let error = await failure { try await connection.query(Self.pid) }
        #expect(error?.isConnectionLoss == true)
        #expect(error?.outcomeUnknown == false)
        #expect(error?.message.contains("127.0.0.1") == true)
        #expect(error.map { "\($0)".contains("hunter2") } == false)
        #expect(configuration.serverDescription == "127.0.0.1:1/shop")
    }

    @Test func `a server that accepts and never answers is given up after the time limit`() async throws {
        let (listener, port) = silentServer()
        defer { close(listener) }
        var configuration = PostgresConfiguration(url: "host=127.0.0.1 port=\(port)")
        configuration.connectTimeout = .milliseconds(200)
        configuration.patience = .zero
        let connection = try PostgresConnection(configuration)
        defer { connection.close() }
        // The second one comes while the first one's connection is being made.
        async let first = failure { try await connection.query(Self.pid) }
        async let second = failure { try await connection.query(Self.pid) }
        for error in await [first, second] {
            #expect(error?.isConnectionLoss == true)
            #expect(error?.message.contains("did not answer in time") == true)
        }
    }

    /// A socket that takes connections and says nothing, and its port.
    private func silentServer() -> (socket: Int32, port: UInt16) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, length)
                _ = listen(listener, 5)
                _ = getsockname(listener, $0, &length)
            }
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    @Test(arguments: [(silent: 1, isBehind: false), (2, false), (1, true)])
    func `of several servers one that keeps silent is passed over`(silent: Int, isBehind: Bool) async throws {
        try await withDatabase { url in
            let mute = (0..<silent).map { _ in silentServer() }
            defer { mute.forEach { close($0.socket) } }
            var hosts = mute.map { "127.0.0.1:\($0.port)" }
            // One that refuses, which libpq passes over by itself.
            hosts.insert("127.0.0.1:1", at: isBehind ? hosts.endIndex : 0)
            var configuration = PostgresConfiguration(
                url: url.replacing("@127.0.0.1:", with: "@\(hosts.joined(separator: ",")),127.0.0.1:"))
            configuration.connectTimeout = .milliseconds(200)
            let connection = try PostgresConnection(configuration)
            defer { connection.close() }
            try await connection.waitForServer(within: .seconds(5))
            #expect(try await connection.number("SELECT 1::int8") == 1)
        }
    }

    @Test func `how long a server may keep silent is what the URL says`() async throws {
        let (listener, port) = silentServer()
        defer { close(listener) }
        var configuration = PostgresConfiguration(url: "host=127.0.0.1 port=\(port) connect_timeout=1")
        configuration.connectTimeout = .seconds(60)
        configuration.patience = .zero
        let connection = try PostgresConnection(configuration)
        defer { connection.close() }
        let start = ContinuousClock.now
        let error = await failure { try await connection.query(Self.pid) }
        #expect(error?.message == "127.0.0.1:\(port) did not answer in time")
        #expect(.now - start < .seconds(30))
    }

    @Test func `waiting for the server at start ends when it comes, or at the limit`() async throws {
        try await withOwnPostgres { postgres in
            await postgres.stop()
            let connection = try PostgresConnection(PostgresConfiguration(url: postgres.url()))
            defer { connection.close() }
            let error = await failure { try await connection.waitForServer(within: .milliseconds(100)) }
            #expect(error?.isConnectionLoss == true)
            async let waiting: Void = connection.waitForServer(within: .seconds(60))
            try await postgres.restart()
            try await waiting
            let one = try await connection.number("SELECT 1::int8")
            #expect(one == 1)
        }
    }

    @Test func `a database that doesn't exist is refused at once`() async throws {
        try await withPostgres { postgres in
            let connection = try PostgresConnection(PostgresConfiguration(url: postgres.url(database: "nowhere")))
            defer { connection.close() }
            let error = await failure { try await connection.query(Self.pid) }
            #expect(error?.kind == .refused)
            #expect(error?.sqlstate == "3D000")
            #expect(error?.message.contains("nowhere") == true)
            #expect(error?.isRetriable == false)
        }
    }

    @Test func `a URL that isn't one is refused without being repeated`() async throws {
        for url in ["postgresql://u:hunter2@[::1", "nonsense hunter2", "host=x hunter2"] {
            let connection = try PostgresConnection(PostgresConfiguration(url: url))
            defer { connection.close() }
            let error = await failure { try await connection.query(Self.pid) }
            #expect(error?.kind == .refused, "\(url)")
            #expect(error.map { "\($0)".contains("hunter2") } == false)
        }
    }

    @Test func `closing while a server is awaited ends at once`() async throws {
        let connection = try PostgresConnection(PostgresConfiguration(url: "host=127.0.0.1 port=1"))
        async let waiting = failure { try await connection.query(Self.pid) }
        try await eventually("the submit to wait") { connection.load == 1 }
        connection.close()
        #expect(await waiting?.kind == .closed)
    }
}
