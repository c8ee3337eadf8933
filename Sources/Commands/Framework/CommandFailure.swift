package import MeshCore

/// Why a command ends without success: what went wrong, what to do, and the exit code.
package struct CommandFailure: Error, Sendable, Equatable {
    package var exit: ExitCode
    /// What went wrong and where.
    package var message: String
    /// What to do about it.
    package var hint: String?
    /// The stable code, for `--json`.
    package var code: String
    /// JSON text of further facts, as they arrived.
    package var details: String?
    /// True where the same command may succeed later.
    package var retryable: Bool
    /// When it happened.
    package var timestamp: Timestamp
    /// The mesh's code that a handler's own stands for.
    package var errorClass: String?
    /// True where everything was said already (diagnostics that were printed), so that nothing more is written.
    package var isSilent = false

    /// `retryable` left out: true where something can't be reached.
    package init(
        _ exit: ExitCode, _ message: String, hint: String? = nil, code: String? = nil, errorClass: String? = nil,
        details: String? = nil, retryable: Bool? = nil, timestamp: Timestamp = .now
    ) {
        self.exit = exit
        self.message = message
        self.hint = hint
        self.code = code ?? CommandFailure.code(of: exit).rawValue
        self.errorClass = errorClass
        self.details = details
        self.retryable = retryable ?? (exit == .unreachable)
        self.timestamp = timestamp
    }

    /// Ends with `exit` without a further line.
    package static func silent(_ exit: ExitCode) -> CommandFailure {
        var failure = CommandFailure(exit, "")
        failure.isSilent = true
        return failure
    }

    /// A wrong command line.
    package static func usage(_ message: String, hint: String? = nil) -> CommandFailure {
        CommandFailure(.usage, message, hint: hint)
    }

    /// An error of the mesh, as the exit code and words of a command.
    package init(_ error: MeshError, hint: String? = nil) {
        let exit: ExitCode =
            switch error.code {
            case .providerUnavailable, .communicationFailure: .unreachable
            case .permissionDenied, .unauthenticated, .conflict, .failedPrecondition: .refused
            case .invalidRequest, .notFound, .instanceNotFound, .resourceExhausted, .deadlineExceeded, .internalError:
                .failure
            }
        self.init(
            exit, error.message, hint: hint, code: error.applicationCode ?? error.code.rawValue,
            errorClass: error.applicationCode.map { _ in error.code.rawValue }, details: error.details,
            retryable: error.retryable, timestamp: error.timestamp)
    }

    private static func code(of exit: ExitCode) -> ErrorCode {
        switch exit {
        case .success, .failure, .interrupted, .terminated: .internalError
        case .usage: .invalidRequest
        case .unreachable: .providerUnavailable
        case .refused: .failedPrecondition
        }
    }

    /// True for a handler's own error, which has a code of its author's.
    private var isHandlers: Bool { ErrorCode(rawValue: code) == nil }

    /// What people read: a handler's own error with its code.
    package var text: String { isHandlers ? "\(code): \(message)" : message }

    /// What a handler's own error says besides; the mesh's own messages have all that people want to know.
    package var ownDetails: String? { isHandlers ? details : nil }

    /// The failure as the object that `--json` writes to standard error: an error as every surface has it, with the hint and the exit code.
    package var json: String {
        var text = "{\"code\":\(JSONText.string(code))"
        if let errorClass { text += ",\"class\":\(JSONText.string(errorClass))" }
        text += ",\"message\":\(JSONText.string(message)),\"details\":\(details ?? "null")"
        text += ",\"retryable\":\(retryable),\"timestamp\":\"\(timestamp.iso8601)\""
        if let hint { text += ",\"hint\":\(JSONText.string(hint))" }
        return text + ",\"exit\":\(exit.rawValue)}"
    }
}
