/// An error as people and other services see it: `{code, message, details, retryable, timestamp}`.
///
/// Contexts have error types of their own; they become a `MeshError` once, at the edge.
package struct MeshError: Error, Sendable, Equatable, CustomStringConvertible {
    package var code: ErrorCode
    /// What went wrong, where, and what to do; one or two sentences.
    package var message: String
    /// JSON text of further facts, kept byte for byte (a guest's own error arrives with its details intact).
    package var details: String?
    package var retryable: Bool
    /// When it happened.
    package var timestamp: Timestamp
    /// The guest's own code where a handler failed with a typed error (`OUT_OF_STOCK`); `code` is then the mesh's class of it.
    package var applicationCode: String?

    package init(
        _ code: ErrorCode, _ message: String, details: String? = nil, retryable: Bool = false,
        timestamp: Timestamp = .now, applicationCode: String? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.retryable = retryable
        self.timestamp = timestamp
        self.applicationCode = applicationCode
    }

    package var description: String { "\(applicationCode ?? code.rawValue): \(message)" }
}

extension MeshError {
    /// The error as a JSON object, as it stands in answers, dead letters and `--json` output; what Postgres has no text for is U+FFFD in it.
    package var json: String {
        var text = "{\"code\":"
        JSONText.appendString((applicationCode ?? code.rawValue).withoutNUL, to: &text)
        // Whoever reads a guest's own code knows by its class what kind of error it is.
        if applicationCode != nil { text += ",\"class\":\"\(code.rawValue)\"" }
        text += ",\"message\":"
        JSONText.appendString(message.withoutNUL, to: &text)
        text += ",\"details\":\(details?.withStorableEscapes ?? "null"),\"retryable\":\(retryable)"
        text += ",\"timestamp\":\"\(timestamp.iso8601)\"}"
        return text
    }
}
