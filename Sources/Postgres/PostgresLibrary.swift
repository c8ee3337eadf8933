import CPostgres

/// The libpq that this process has loaded.
package enum PostgresLibrary {
    /// Such as `15.20`.
    package static var version: String { "\(PQlibVersion() / 10_000).\(PQlibVersion() % 10_000)" }
}
