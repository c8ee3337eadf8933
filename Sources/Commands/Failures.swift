import MeshCore

/// Turns the errors of the contexts into what a command says; the one place where that is decided.
enum Failures {
    static func describe(_ error: any Error) -> CommandFailure {
        switch error {
        case let failure as CommandFailure: failure
        case let error as MeshError: CommandFailure(error)
        case is CancellationError: .silent(.interrupted)
        default: CommandFailure(.failure, "\(error)")
        }
    }
}
