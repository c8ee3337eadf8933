import Postgres

/// A pool whose failures are `StoreError`s.
struct Database: Sendable {
    let pool: PostgresPool

    init(_ pool: PostgresPool) { self.pool = pool }

    @discardableResult
    func query(_ statement: Statement, _ values: PostgresValue...) async throws(StoreError) -> PostgresResult {
        try await query(statement, values)
    }

    @discardableResult
    func query(_ statement: Statement, _ values: [PostgresValue]) async throws(StoreError) -> PostgresResult {
        let results = try await submit(Pipeline(statement, values))
        guard let first = results.first else { throw .other(message: "Postgres gave no result", sqlstate: nil) }
        return first
    }

    @discardableResult
    func submit(_ pipeline: Pipeline) async throws(StoreError) -> [PostgresResult] {
        do throws(PostgresError) { return try await pool.submit(pipeline) } catch { throw StoreError(error) }
    }

    /// Lends one connection alone for a transaction of several submissions.
    func withConnection<Result>(
        _ body: (PostgresConnection) async throws(PostgresError) -> Result
    ) async throws(StoreError) -> Result {
        do throws(PostgresError) { return try await pool.withConnection(body) } catch { throw StoreError(error) }
    }
}

extension PostgresResult {
    /// Reads each row with `read`.
    @discardableResult
    func readRows<Value>(_ read: (PostgresRow) throws(PostgresError) -> Value) throws(StoreError) -> [Value] {
        do throws(PostgresError) { return try mapRows(read) } catch { throw StoreError(error) }
    }

    /// Reads the first row, if there is one.
    func firstRow<Value>(_ read: (PostgresRow) throws(PostgresError) -> Value) throws(StoreError) -> Value? {
        guard let row = first else { return nil }
        do throws(PostgresError) { return try read(row) } catch { throw StoreError(error) }
    }
}

extension Duration {
    /// Seconds, for `make_interval`.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
