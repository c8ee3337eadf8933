/// Plain SQL by the program `psql`, so that the checker doesn't rest on what it checks.
enum Psql {
    /// Runs statements; rows are lines, columns are separated by tabs.
    @discardableResult
    static func run(_ url: String, _ sql: String, within limit: Duration = .seconds(30)) async throws -> String {
        try await Program.check(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql], within: limit)
    }

    /// The rows of a query.
    static func rows(_ url: String, _ sql: String) async throws -> [[Substring]] {
        try await run(url, sql).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
    }
}
