package import MeshCore

/// The error codes of the Connect protocol; the raw value is the word on the wire.
package enum ConnectCode: String, Sendable, CaseIterable {
    case canceled
    case unknown
    case invalidArgument = "invalid_argument"
    case deadlineExceeded = "deadline_exceeded"
    case notFound = "not_found"
    case alreadyExists = "already_exists"
    case permissionDenied = "permission_denied"
    case resourceExhausted = "resource_exhausted"
    case failedPrecondition = "failed_precondition"
    case aborted
    case outOfRange = "out_of_range"
    case unimplemented
    case `internal`
    case unavailable
    case dataLoss = "data_loss"
    case unauthenticated

    /// The code a Connect client sees for one of the mesh's (docs/errors.md has the table).
    package init(_ code: ErrorCode) {
        self =
            switch code {
            case .invalidRequest: .invalidArgument
            case .notFound, .instanceNotFound: .notFound
            case .permissionDenied: .permissionDenied
            case .unauthenticated: .unauthenticated
            case .resourceExhausted: .resourceExhausted
            case .providerUnavailable, .communicationFailure: .unavailable
            case .deadlineExceeded: .deadlineExceeded
            case .conflict: .aborted
            case .failedPrecondition: .failedPrecondition
            case .internalError: .internal
            }
    }

    /// The HTTP status the protocol fixes for the code.
    package var httpStatus: Int {
        switch self {
        case .canceled: 499
        case .unknown, .internal, .dataLoss: 500
        case .invalidArgument, .failedPrecondition, .outOfRange: 400
        case .deadlineExceeded: 504
        case .notFound: 404
        case .alreadyExists, .aborted: 409
        case .permissionDenied: 403
        case .resourceExhausted: 429
        case .unimplemented: 501
        case .unavailable: 503
        case .unauthenticated: 401
        }
    }
}
