/// What went wrong between us and Postgres; never contains parameter values or passwords.
package struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The class of a failure, for decisions.
    package enum Kind: Sendable, Equatable {
        /// The server refused a statement; `sqlstate` says why.
        case server
        /// The connection could not be made or was lost.
        case connection
        /// The server is reachable but refuses us for good (password, database, version, settings).
        case refused
        /// The caller's task was cancelled before the pipeline was sent.
        case cancelled
        /// A bound was reached; nothing was sent.
        case overloaded
        /// The connection was closed by us.
        case closed
        /// A value can't be sent, or a column isn't what the reader asked for.
        case value
    }

    package var kind: Kind
    /// Five characters, `23505` for instance; nil where the server didn't speak.
    package var sqlstate: String?
    package var message: String
    /// The server's further words, dropped where they would quote values (classes 22 and 23).
    package var detail: String?
    package var hint: String?
    package var constraint: String?
    package var schema: String?
    package var table: String?
    package var column: String?
    /// The name of the statement that failed.
    package var statement: String?
    /// The place of that statement within its pipeline; nil where the failure came with the final sync (a deferred constraint, say).
    package var statementIndex: Int?
    /// True where the transaction may have been committed: it was sent, and the connection was lost before the answer.
    package var outcomeUnknown = false

    /// True where the prepared statement no longer fits its tables ("cached plan must not change result type", in the server's language); it is
    /// prepared anew when used next.
    package var isPlanOutdated = false

    package init(_ kind: Kind, _ message: String, sqlstate: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqlstate = sqlstate
    }

    /// True where the session may only read, since its server has become a replica or `default_transaction_read_only` was set: another one is needed.
    var isReadOnlySession: Bool { sqlstate == "25006" }

    package var isConnectionLoss: Bool { kind == .connection }

    /// True where the same pipeline may succeed when it is sent again (mind `outcomeUnknown`).
    package var isRetriable: Bool {
        switch kind {
        case .connection, .overloaded: true
        case .server: isPlanOutdated || (sqlstate.map(PostgresError.isRetriable(sqlstate:)) ?? false)
        case .refused, .cancelled, .closed, .value: false
        }
    }

    /// Serialization failure, deadlock, lock not available, a plan outdated by a migration, and classes 53 and 57 but a cancel.
    private static func isRetriable(sqlstate: String) -> Bool {
        switch sqlstate {
        case "40001", "40P01", "55P03", "26000": true
        case "57014": false
        default: sqlstate.hasPrefix("53") || sqlstate.hasPrefix("57")
        }
    }

    package var description: String {
        var text = message
        if let sqlstate { text += " (SQLSTATE \(sqlstate))" }
        if let statement { text += " in statement \(statement)" }
        if outcomeUnknown { text += "; the outcome of its transaction is unknown" }
        if let hint { text += "; hint: \(hint)" }
        return text
    }
}
