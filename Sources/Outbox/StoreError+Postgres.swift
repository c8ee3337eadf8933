import Postgres

extension StoreError {
    /// Sorts a failure of Postgres by what the caller may rely on.
    init(_ error: PostgresError) {
        switch error.kind {
        case .connection, .closed:
            self = .connectionLost(message: error.message, outcomeUnknown: error.outcomeUnknown)
        case .overloaded, .cancelled: self = .transient(message: error.message, sqlstate: nil)
        case .value: self = .dataRefused(message: error.message, sqlstate: error.sqlstate ?? "22000")
        case .refused: self = .other(message: StoreError.words(error), sqlstate: error.sqlstate)
        case .server: self = StoreError(server: error, sqlstate: error.sqlstate ?? "XX000")
        }
    }

    private init(server error: PostgresError, sqlstate: String) {
        switch sqlstate {
        case "MF001": self = .fenced(error.message)
        case "42P01", "42883", "3F000":
            self = .other(
                message: "\(error.message); the database may lack a migration: run wasmesh migrate", sqlstate: sqlstate)
        case "42501":
            self = .other(
                message:
                    "\(error.message); the mesh's role owns the schema mesh and all in it, and makes schemas for the "
                    + "views of services: GRANT CREATE ON DATABASE … TO …", sqlstate: sqlstate)
        case "55P03":
            self = .transient(message: "\(error.message): another session holds what it needs", sqlstate: sqlstate)
        default:
            let isData = ["21", "22", "23", "54"].contains { sqlstate.hasPrefix($0) }
            if isData {
                self = .dataRefused(message: error.message, sqlstate: sqlstate)
            } else if error.isRetriable {
                self = .transient(message: error.message, sqlstate: sqlstate)
            } else {
                self = .other(message: StoreError.words(error), sqlstate: sqlstate)
            }
        }
    }

    /// All that the error says but its SQLSTATE, which the store's error has by itself.
    private static func words(_ error: PostgresError) -> String {
        var error = error
        error.sqlstate = nil
        return error.description
    }

    /// The places (from 1) that `MF002` and `MF003` have in their DETAIL.
    static func places(_ error: PostgresError) -> [Int] {
        (error.detail ?? "").split(separator: ",").compactMap { Int($0) }
    }
}
