import Embedded
import Foundation
import Glibc
import TestSupport
import Testing

/// The servers that `wasmesh dev`, the demo and the tests start.
@Suite(.serialized) struct EmbeddedServersTests {
    @Test func `a database of one's own is there and is gone afterwards`() async throws {
        let url = try await withDatabase { url in
            let (sum, fsync) = (try await Psql.run(url, "SELECT 1 + 1"), try await Psql.run(url, "SHOW fsync"))
            #expect(sum == "2")
            #expect(fsync == "on")
            return url
        }
        await #expect(throws: EmbeddedError.self) { try await Psql.run(url, "SELECT 1") }
    }

    @Test func `what was committed is there after a restart and after a crash`() async throws {
        try await withOwnPostgres { postgres in
            try await Psql.run(postgres.url(), "CREATE TABLE kept (value int); INSERT INTO kept VALUES (1)")
            try await postgres.restart()
            try await Psql.run(postgres.url(), "INSERT INTO kept VALUES (2)")
            await postgres.kill()
            #expect(!postgres.isRunning)
            try await postgres.restart()
            let values = try await Psql.run(
                postgres.url(), "SELECT string_agg(value::text, ',' ORDER BY value) FROM kept")
            #expect(values == "1,2")
        }
    }

    @Test func `the data is found again by a later start, with the same password`() async throws {
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("again"))"
        let first = try await EmbeddedPostgres.start(directory: directory)
        try await Psql.run(first.url(), "CREATE TABLE kept (value int); INSERT INTO kept VALUES (7)")
        await first.stop()
        await first.stop()
        let second = try await EmbeddedPostgres.start(directory: directory)
        let value = try await Psql.run(second.url(), "SELECT value FROM kept")
        #expect(value == "7")
        await second.stop()
    }

    @Test func `a first start that was killed in the middle doesn't hinder the next one`() async throws {
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("killed"))"
        // The next start takes the folder for whole by PG_VERSION, so that file may never be there before the rest is.
        let looking = Task.detached {
            while !Task.isCancelled {
                if FileManager.default.fileExists(atPath: "\(directory)/data/PG_VERSION") {
                    return FileManager.default.fileExists(atPath: "\(directory)/data/global/pg_control")
                }
                await Task.yield()
            }
            return false
        }
        let postgres = try await EmbeddedPostgres.start(directory: directory)
        let isWhole = await looking.value
        #expect(isWhole)
        await postgres.stop()
    }

    @Test func `a lock that a crash left behind doesn't hinder, even where its id is another program's now`()
        async throws
    {
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("stale"))"
        let first = try await EmbeddedPostgres.start(directory: directory)
        await first.stop()
        let lock = "\(directory)/data/postmaster.pid"
        try "\(getpid())\n\(directory)/data\n1\n5432\n\n127.0.0.1\n".write(
            toFile: lock, atomically: false, encoding: .utf8)
        let second = try await EmbeddedPostgres.start(directory: directory)
        let one = try await Psql.run(second.url(), "SELECT 1")
        #expect(one == "1")
        await second.stop()
    }

    @Test func `Postgres never runs as root, and not without a password over TCP`() async throws {
        try await withPostgres { postgres in
            let pid = try #require(postgres.pid)
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            let owner = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
            #expect(owner?.split(whereSeparator: \.isWhitespace)[1] != "0")
            let url = "postgresql://postgres:wrong@127.0.0.1:\(postgres.port)/postgres"
            let error = await #expect(throws: EmbeddedError.self) { try await Psql.run(url, "SELECT 1") }
            #expect(error?.message.contains("password") == true)
        }
    }

    @Test func `the libraries are those of the broker's prefix, of a checkout as of an installation`() throws {
        let folder = NSTemporaryDirectory() + "wasmesh-prefix-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (broker, libraries) in [("a/bin", "a/lib"), ("b/libexec/wasmesh", "b/lib/wasmesh")] {
            for (place, name) in [(broker, "tansu"), (libraries, "librdkafka.so.1")] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(place)", withIntermediateDirectories: true)
                try #require(
                    FileManager.default.createFile(
                        atPath: "\(folder)/\(place)/\(name)", contents: Data(), attributes: [.posixPermissions: 0o755]))
            }
            #expect(Programs.nativeLibraries(broker: "\(folder)/\(broker)/tansu") == "\(folder)/\(libraries)")
        }
        #expect(Programs.nativeLibraries(broker: folder + "/nowhere") == nil)
    }

    @Test func `a program that is missing is named, with what to do`() async throws {
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("missing"))"
        let error = await #expect(throws: EmbeddedError.self) {
            _ = try await EmbeddedBroker.start(directory: directory, binary: "/nowhere/tansu")
        }
        #expect(error?.message.contains("/nowhere/tansu") == true)
        #expect(error?.message.contains("Scripts/bootstrap") == true)
    }

    @Test func `a taken port is an error that names it`() async throws {
        let broker = try await TestEnvironment.sharedBroker()
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("taken"))"
        let ofBroker = await #expect(throws: EmbeddedError.self) {
            _ = try await EmbeddedBroker.start(directory: directory, port: broker.port)
        }
        let ofPostgres = await #expect(throws: EmbeddedError.self) {
            _ = try await EmbeddedPostgres.start(directory: directory, port: broker.port)
        }
        for error in [ofBroker, ofPostgres] { #expect(error?.message.contains("port \(broker.port) is taken") == true) }
    }

    @Test func `free ports lie below those that the system gives to clients`() throws {
        let text = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let lowest = try #require(text.split(whereSeparator: \.isWhitespace).first.flatMap { UInt16($0) })
        for _ in 0..<100 {
            let port = try FreePort.find()
            #expect(port < lowest)
            #expect(FreePort.isFree(port))
            #expect(!FreePort.answers(port))
        }
    }
}
