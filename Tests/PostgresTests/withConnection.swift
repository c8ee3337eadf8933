import Postgres
import TestSupport

/// Lends a connection to a new database.
func withConnection<Result>(
    _ change: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresConnection, String) async throws -> Result
) async throws -> Result {
    try await withDatabase { url in
        var configuration = PostgresConfiguration(url: url)
        change(&configuration)
        let connection = try PostgresConnection(configuration)
        defer { connection.close() }
        return try await body(connection, url)
    }
}

/// What `body` throws; nil where it doesn't.
func failure<Value>(of body: () async throws -> Value) async -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

// Without typed errors, which `#expect` can't expand.
extension PostgresConnection {
    /// The first row of a query.
    func row(_ statement: Statement, _ values: PostgresValue...) async throws -> PostgresRow {
        var pipeline = Pipeline()
        pipeline.add(statement, values)
        guard let row = try await submit(pipeline).first?.first else { throw PostgresError(.value, "no row") }
        return row
    }

    /// A query of one number.
    func number(_ sql: String) async throws -> Int64 { try await row(.oneOff(sql)).int64(0) }
}
