import Foundation
import Outbox
import Postgres

/// The database of a development mesh, in its own Postgres.
enum DevelopmentDatabase {
    static let name = "mesh"

    /// Makes the database if it isn't there; `fresh` forgets what is in it.
    static func prepare(_ server: String, fresh: Bool) async throws {
        let connection = try PostgresConnection(PostgresConfiguration(url: server))
        defer { connection.close() }
        if fresh { try await connection.script("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }
        let found = try await connection.query(.oneOff("SELECT 1 FROM pg_database WHERE datname = $1"), .text(name))
        if found.isEmpty { try await connection.script("CREATE DATABASE \(name)") }
    }

    /// Brings it to this program's schema.
    static func migrate(_ database: String) async throws {
        do {
            _ = try await MeshParts.migrate(database, dryRun: false)
        } catch StoreError.other(let message, _) {
            throw CommandFailure(
                .refused, "the development database can't be used: \(message)",
                hint: "`wasmesh dev --fresh` begins anew, without the state of earlier runs")
        }
    }
}
