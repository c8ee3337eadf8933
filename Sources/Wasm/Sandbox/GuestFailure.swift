package import MeshCore

/// The error that a guest reported with `fail`.
package struct GuestFailure: Sendable, Equatable {
    /// The guest's own code, `OUT_OF_STOCK`.
    package var code: String
    package var message: String
    /// JSON text, byte for byte.
    package var details: String?
    package var retryable: Bool
    /// Which of the mesh's codes the guest's own stands for.
    package var errorClass: ErrorCode

    package init(
        code: String, message: String, details: String?, retryable: Bool, errorClass: ErrorCode = .failedPrecondition
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.retryable = retryable
        self.errorClass = errorClass
    }
}

extension GuestFailure {
    /// The error as callers get it: the guest's own code, message and details, under its class.
    package func meshError(at time: Timestamp = .now) -> MeshError {
        let known = ErrorCode(rawValue: code)
        return MeshError(
            known ?? errorClass, message, details: details, retryable: retryable, timestamp: time,
            applicationCode: known == nil ? code : nil)
    }
}
