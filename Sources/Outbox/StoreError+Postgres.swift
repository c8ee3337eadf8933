import Postgres

extension StoreError {
    /// Sorts a failure of Postgres by what the caller may rely on.
    init(_ error: PostgresError) {
        switch error.kind {
        case .connection, .closed:
            self = .connectionLost(message: error.message, outcomeUnknown: error.outcomeUnknown)
        case .overloaded, .cancelled: self = .transient(message: error.message, sqlstate: nil)
        case .value: self = .dataRefused(message: error.message, sqlstate: error.sqlstate ?? "22000")
        case .refused: self = .other(message: error.description, sqlstate: error.sqlstate)
        case .server: self = StoreError(server: error, sqlstate: error.sqlstate ?? "XX000")
        }
    }

    private init(server error: PostgresError, sqlstate: String) {
        switch sqlstate {
        case "MF001": self = .fenced(error.message)
        case "42P01", "42883", "3F000":
            self = .other(
                message: "\(error.message); the database may lack a migration: run wasmesh migrate", sqlstate: sqlstate)
        default:
            let isData = ["21", "22", "23", "54"].contains { sqlstate.hasPrefix($0) }
            if isData {
                self = .dataRefused(message: error.message, sqlstate: sqlstate)
            } else if error.isRetriable {
                self = .transient(message: error.message, sqlstate: sqlstate)
            } else {
                self = .other(message: error.description, sqlstate: sqlstate)
            }
        }
    }

    /// The places (from 1) that `MF002` and `MF003` have in their DETAIL.
    static func places(_ error: PostgresError) -> [Int] {
        (error.detail ?? "").split(separator: ",").compactMap { Int($0) }
    }
}
