package import MeshCore
import Postgres

/// Which dead letters to list, newest first.
package struct DeadLetterFilter: Sendable {
    package var status: DeadLetter.Status? = .open
    package var service: String?
    package var method: String?
    package var key: String?
    package var errorCode: String?
    package var failedSince: Timestamp?
    /// Goes on below this id: the last one of the page before.
    package var before: Int64?
    package var limit = 50

    package init() {}
}

extension DeadLetterFilter {
    /// What it asks of a row, and the values of that.
    ///
    /// Only what is given is asked, so that the planner sees which index is the narrowest (`0046_edited_redrives.sql`).
    var condition: (sql: String, values: [PostgresValue]) {
        var parts: [String] = []
        var values: [PostgresValue] = []
        func add(_ value: PostgresValue, _ part: (_ place: String) -> String) {
            values.append(value)
            parts.append(part("$\(values.count)"))
        }
        // The indexes begin with it.
        if let status {
            add(.text(status.rawValue)) { "status = \($0)::text" }
        } else {
            parts.append("status IN (\(DeadLetter.Status.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")))")
        }
        if let service { add(.text(service)) { "service = \($0)::text" } }
        for (column, value) in [("method", method), ("key", key), ("error_code", errorCode)] {
            guard let value else { continue }
            add(.text(value)) { "left(\(column), 200) = left(\($0)::text, 200) AND \(column) = \($0)::text" }
        }
        if let failedSince { add(.timestamp(failedSince)) { "failed_at >= \($0)::timestamptz" } }
        if let before { add(.int64(before)) { "id < \($0)::int8" } }
        return (parts.joined(separator: " AND "), values)
    }
}
