/// The stable error codes of the mesh; every surface (HTTP, headers, dead letters, SQL, CLI) uses these words.
package enum ErrorCode: String, Sendable, CaseIterable {
    case invalidRequest = "INVALID_REQUEST"
    case notFound = "NOT_FOUND"
    case instanceNotFound = "INSTANCE_NOT_FOUND"
    case permissionDenied = "PERMISSION_DENIED"
    case unauthenticated = "UNAUTHENTICATED"
    case resourceExhausted = "RESOURCE_EXHAUSTED"
    case providerUnavailable = "PROVIDER_UNAVAILABLE"
    case communicationFailure = "COMMUNICATION_FAILURE"
    case deadlineExceeded = "DEADLINE_EXCEEDED"
    case conflict = "CONFLICT"
    case failedPrecondition = "FAILED_PRECONDITION"
    case internalError = "INTERNAL_ERROR"
}
