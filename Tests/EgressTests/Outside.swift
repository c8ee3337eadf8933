import HTTPServer
import MeshCore
import Outbox
import Postgres
import Schemas
import Synchronization
import TestSupport

@testable import Egress

/// The world outside, as a test scripts it: a server, a mesh's database, and calls that workflows have made.
final class Outside: Sendable {
    let pool: PostgresPool
    let url: String
    let store: HTTPCallStore
    let server: HTTPServer
    let seen = Collector<HTTPRequest>()

    private init(_ pool: PostgresPool, _ url: String, _ handler: @escaping HTTPServer.Handler) throws {
        self.pool = pool
        self.url = url
        store = HTTPCallStore(pool)
        let seen = seen
        server = try HTTPServer(HTTPServer.Configuration()) { request in
            seen.append(request)
            return try await handler(request)
        }
    }

    var origin: String { "http://127.0.0.1:\(server.port)" }

    static func run(
        answering handler: @escaping HTTPServer.Handler = { _ in .text("hello") },
        _ body: (Outside) async throws -> Void
    ) async throws {
        try await withDatabase { url in
            let pool = try PostgresPool(PostgresConfiguration(url: url), size: 4)
            defer { pool.close() }
            try await Migrations.run(pool.connections[0])
            let outside = try Outside(pool, url, handler)
            do { try await body(outside) } catch {
                await outside.server.stop(drainWithin: .zero)
                throw error
            }
            await outside.server.stop(drainWithin: .zero)
        }
    }

    /// A call as a worker stores it, of a workflow that runs.
    func call(_ id: String, _ request: String, of workflow: String = "w-1", deadline: String = "NULL") async throws {
        try await sql(
            """
            INSERT INTO mesh.workflow (service, id, method, status, run, digest, version, next_seq, started_at, updated_at)
            VALUES ('shop.Orders', '\(workflow)', 'place', 'running', 1, 'd', '1.0.0', 2, now(), now()) ON CONFLICT DO NOTHING
            """)
        let origin = try? OutsideURL(JSONReader.read(request).text("url")).origin
        try await sql(
            """
            INSERT INTO mesh.http_call (id, service, workflow, operation, call_key, request, deadline, created_at, origin)
            VALUES ('\(id)', 'shop.Orders', '\(workflow)', '1.3.1.abc', '\(id)', '{"request": \(request)}', \(deadline), now(),
                '\(origin ?? "")')
            """)
    }

    func get(_ path: String = "/") -> String { #"{"method": "GET", "url": "\#(origin)\#(path)"}"# }

    func grant(_ capabilities: String...) async throws {
        for text in capabilities {
            _ = try await AdminStore(pool).grant(try Capability(text), to: "shop.Orders", by: "test")
        }
    }

    @discardableResult
    func sql(_ text: String) async throws -> PostgresResult { try await pool.query(.oneOff(text)) }

    func value(_ text: String) async throws -> String? {
        try await pool.query(.oneOff("SELECT (\(text))::text")).first?.textIfAny(0)
    }

    /// Runs an egress process until `body` has what it wants; what it has done.
    @discardableResult
    func withEgress(
        secrets: String? = nil, look: Duration = .seconds(1), store: HTTPCallStore? = nil,
        _ body: () async throws -> Void
    ) async throws -> EgressStatistics {
        let egress = Egress(
            store ?? self.store,
            EgressConfiguration(
                name: "egress-test", concurrency: 8, secrets: SecretFolder(secrets), look: look, lease: .seconds(2),
                drainLimit: .seconds(2)))
        let running = Task { await egress.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        try result.get()
        return egress.statistics
    }

    /// The answers in the SQL lane, when there are so many; by time, since each connection takes its numbers in advance.
    func answers(_ count: Int) async throws -> [(operation: String, status: String, data: JSONNode)] {
        try await eventually("\(count) answers", within: .seconds(20)) {
            try await self.value("SELECT count(*) FROM mesh.outbox_sql") == "\(count)"
        }
        return try await sql(
            """
            SELECT headers::json->>'mesh_operation', headers::json->>'mesh_status', data FROM mesh.outbox_sql
            WHERE topic = 'shop.Orders' AND type = 'mesh.answer' AND source = '/mesh.Http' ORDER BY created_at
            """
        ).map { row in
            (operation: try row.text(0), status: try row.text(1), data: try JSONReader.read(try row.text(2)))
        }
    }
}
