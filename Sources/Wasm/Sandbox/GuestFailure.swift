/// The error that a guest reported with `fail`.
package struct GuestFailure: Sendable, Equatable {
    /// The guest's own code, `OUT_OF_STOCK`.
    package var code: String
    package var message: String
    /// JSON text, byte for byte.
    package var details: String?
    package var retryable: Bool

    package init(code: String, message: String, details: String?, retryable: Bool) {
        self.code = code
        self.message = message
        self.details = details
        self.retryable = retryable
    }
}
