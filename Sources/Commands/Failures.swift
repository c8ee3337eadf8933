import Embedded
import Guests
import Kafka
import MeshCore
import Outbox
import Postgres

/// Turns the errors of the contexts into what a command says; the one place where that is decided.
enum Failures {
    static func describe(_ error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let error as MeshError: CommandFailure(error)
        case let error as PostgresError: describe(error)
        case let error as StoreError: CommandFailure(error.meshError)
        case let error as KafkaError: describe(error)
        case let error as EmbeddedError: CommandFailure(.failure, error.message)
        case let error as GuestError:
            CommandFailure(error.kind == .project ? .usage : .failure, error.message, hint: error.hint)
        case is CancellationError: .silent(.interrupted)
        default: CommandFailure(.failure, "\(error)")
        }
    }

    private static func describe(_ error: PostgresError) -> CommandFailure {
        switch error.kind {
        case .connection:
            CommandFailure(.unreachable, "\(error)", hint: whereabouts(error))
        case .refused: CommandFailure(.refused, "\(error)", hint: error.hint ?? remedy(error.sqlstate))
        case .server, .cancelled, .overloaded, .closed, .value:
            CommandFailure(.failure, "\(error)", hint: error.hint, retryable: error.isRetriable)
        }
    }

    /// What to do about a server that doesn't take a connection.
    private static func whereabouts(_ error: PostgresError) -> String {
        if ["53300", "53400"].contains(error.sqlstate) {
            return "its connections are used up: raise max_connections, or run fewer processes "
                + "(docs/operations.md says how many each has)"
        }
        if error.message.contains("certificate file") || error.message.contains("private key file") {
            return "look at sslrootcert, sslcert and sslkey of --postgres or WASMESH_POSTGRES"
        }
        return "is Postgres running, and is --postgres or WASMESH_POSTGRES right?"
    }

    /// What to do about a server that is there and doesn't let us in.
    private static func remedy(_ sqlstate: String?) -> String? {
        let place = "--postgres or WASMESH_POSTGRES"
        return switch sqlstate {
        case "28P01": "check the user and the password of \(place)"
        case "28000": "check the user of \(place), and that pg_hba.conf of the server lets it in from here"
        case "3D000": "make the database with `createdb`, or check its name in \(place)"
        case "42501": "give the user of \(place) the right to connect: GRANT CONNECT ON DATABASE … TO …"
        default: nil
        }
    }

    private static func describe(_ error: KafkaError) -> CommandFailure {
        if error.code == .invalidConfiguration { return CommandFailure(.usage, "\(error)") }
        let isUnreachable = [.transport, .allBrokersDown, .timedOut].contains(error.code)
        return CommandFailure(
            isUnreachable ? .unreachable : .failure, "\(error)",
            hint: isUnreachable ? "is Kafka running, and is --kafka or WASMESH_KAFKA right?" : nil,
            retryable: isUnreachable || error.isRetriable)
    }
}
