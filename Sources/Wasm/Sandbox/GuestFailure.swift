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
    /// Why a text isn't an error of a guest.
    package struct Unreadable: Error {
        package let reason: String
    }

    /// Reads what a guest says of an error, as JSON.
    package init(json: [UInt8]) throws(Unreadable) {
        guard let members = JSONMembers(json) else { throw Unreadable(reason: "the error isn't a JSON object") }
        guard let code = members.string("code"), (1...100).contains(code.utf8.count),
            let message = members.string("message")
        else {
            throw Unreadable(
                reason: "the error must have a `code` (a string of at most 100 bytes) and a `message` (a string)")
        }
        let retryable = members.raw("retryable") ?? "false"
        guard retryable == "true" || retryable == "false" else {
            throw Unreadable(reason: "`retryable` must be true or false")
        }
        let details = members.raw("details")
        let named = members.string("class")
        guard let errorClass = ErrorCode(rawValue: named ?? ErrorCode.failedPrecondition.rawValue) else {
            throw Unreadable(reason: "`class` must be one of the mesh's codes, not \(named ?? "that")")
        }
        self.init(
            code: code, message: message, details: details == "null" ? nil : details, retryable: retryable == "true",
            errorClass: errorClass)
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
