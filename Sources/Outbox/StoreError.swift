package import MeshCore

/// Why the store did not do what it was asked; each case says what the caller may rely on.
package enum StoreError: Error, Sendable, Equatable {
    /// Somebody else has claimed the partition, lane or lease since (`MF001`); nothing was written, and nothing more may be under this claim.
    case fenced(String)
    /// State was changed by somebody else since it was read (`MF002`, a workflow `MF005`); nothing was written. Read these keys and run their messages again.
    case stateConflict([StateKey])
    /// Ids that are in the inbox already (`MF003`); nothing was written. Drop their messages as duplicates and commit the rest.
    case duplicateInbox([String])
    /// Postgres can't store what the batch contains (classes 21, 22, 23, 54, or a value that can't be sent); nothing was written. Bisect.
    case dataRefused(message: String, sqlstate: String)
    /// The connection was lost. With `outcomeUnknown` the transaction may have been committed: claim again, the fence tells.
    case connectionLost(message: String, outcomeUnknown: Bool)
    /// A failure that passes (deadlock, serialization, overload, shutdown of the server); nothing was written, the same may be tried again.
    case transient(message: String, sqlstate: String?)
    /// Anything else: a bug, a missing migration, missing rights; nothing was written.
    case other(message: String, sqlstate: String?)
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fenced(let message): message
        case .stateConflict(let keys):
            "the state of \(keys.map(\.description).joined(separator: ", ")) was changed by somebody else"
        case .duplicateInbox(let ids): "already in the inbox: \(ids.joined(separator: ", "))"
        case .dataRefused(let message, let sqlstate): "\(message) (SQLSTATE \(sqlstate))"
        case .connectionLost(let message, let outcomeUnknown):
            message + (outcomeUnknown ? "; the outcome of the transaction is unknown" : "")
        case .transient(let message, let sqlstate), .other(let message, let sqlstate):
            message + (sqlstate.map { " (SQLSTATE \($0))" } ?? "")
        }
    }

    /// True where the same request may be sent again as it is: nothing was written, and the cause passes.
    package var isRetriable: Bool {
        switch self {
        case .transient: true
        case .connectionLost(_, let outcomeUnknown): !outcomeUnknown
        case .fenced, .stateConflict, .duplicateInbox, .dataRefused, .other: false
        }
    }

    /// True where the cause passes, for what may be done twice: it may have been done.
    package var isPassing: Bool { if case .connectionLost = self { true } else { isRetriable } }

    /// The error as the surfaces show it.
    package var meshError: MeshError {
        switch self {
        case .connectionLost, .transient:
            MeshError(.providerUnavailable, "Postgres: \(description)", retryable: true)
        case .dataRefused: MeshError(.invalidRequest, "Postgres refused the data: \(description)")
        case .fenced, .stateConflict, .duplicateInbox: MeshError(.conflict, description, retryable: true)
        // A right that is missing is the operator's to give.
        case .other(_, "42501"): MeshError(.failedPrecondition, "Postgres: \(description)")
        case .other: MeshError(.internalError, "Postgres: \(description)")
        }
    }
}
