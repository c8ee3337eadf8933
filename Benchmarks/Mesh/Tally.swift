import Outbox
import Postgres

/// The guest that the benchmarks run: keyed state read and written, one event for each call.
enum Tally {
    static let topics = ["bench.Tally", "bench.added", "bench.Tally.dead", "mesh.replies"]

    /// Builds it, if it has changed, and deploys it into a database.
    static func deploy(_ database: PostgresPool) async throws { try await BenchmarkGuest.deploy("tally", database) }
}
