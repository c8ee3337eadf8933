import Embedded
import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

/// Servers and proxies that fill TLS's records, of which libpq takes a part at a time.
@Suite struct LargeRecordTests {
    /// Lends the way to a database by a proxy that ends TLS.
    private func withTLS(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await withDatabase { url in
            let server = try #require(URLComponents(string: url)?.port)
            let port = try FreePort.find()
            let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("tls"))"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let proxy = try ChildProcess(
                .init(
                    executable: try #require(Programs.find("python3")),
                    arguments: [
                        "\(TestEnvironment.checkout)/Tests/Clients/tls_records.py", "\(port)", "\(server)", directory,
                    ], directory: "/", log: "\(directory)/log"))
            defer { proxy.stop(patience: .zero) }
            let connection = try PostgresConnection(
                PostgresConfiguration(url: url.replacing(":\(server)/", with: ":\(port)/") + "?sslmode=require"))
            defer { connection.close() }
            try await connection.waitForServer(within: .seconds(20))
            try await body(connection)
        }
    }

    @Test func `an answer ends where its last bytes came in the middle of a large record`() async throws {
        try await withTLS { connection in
            #expect(try await connection.row(.oneOff("SELECT ssl FROM pg_stat_ssl LIMIT 1")).bool(0) == false)
            let answered = Mutex(0)
            for size in stride(from: 8000, through: 9000, by: 25) {
                connection.submit(
                    Pipeline(.oneOff("SELECT repeat('x', \(size)) FROM generate_series(1, \(120_000 / size + 1))"))
                ) { outcome in
                    if case .success = outcome { answered.withLock { $0 += 1 } }
                }
                let expected = (size - 8000) / 25 + 1
                try await eventually("the answer with rows of \(size) bytes", within: .seconds(5)) {
                    answered.withLock(\.self) == expected
                }
            }
        }
    }
}
