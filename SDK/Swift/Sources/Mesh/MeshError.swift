/// Why a handler could not do its work: thrown by handlers, delivered to the caller with code and details intact.
///
/// Whatever the handler had changed or sent is dropped. A retryable error is tried again as the method's `@durable` says;
/// any other is final.
public struct MeshError: Error, Sendable, Hashable {
    /// A word for programs: one of the mesh's own (`NOT_FOUND`) or the service's (`OUT_OF_STOCK`).
    public var code: String
    /// A sentence for people.
    public var message: String
    /// True where the same message may succeed later.
    public var isRetryable: Bool
    /// Facts for programs.
    public var details: JSONValue?
    /// Which of the mesh's codes a code of the service's own stands for (`CONFLICT`); nil for `FAILED_PRECONDITION`. What callers
    /// that know no more than the mesh's codes see, a Connect client's code and the HTTP status among it.
    public var errorClass: String?

    public init(
        _ code: String, _ message: String, isRetryable: Bool = false, details: JSONValue? = nil,
        errorClass: String? = nil
    ) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable
        self.details = details
        self.errorClass = errorClass
    }
}

extension MeshError: CustomStringConvertible {
    /// `OUT_OF_STOCK: there is no kite left`: for a log, in the sandbox as natively.
    public var description: String { code + ": " + message }
}

extension MeshError {
    /// `INVALID_REQUEST`: what was sent makes no sense, now or later.
    public static func invalidRequest(_ message: String, details: JSONValue? = nil) -> MeshError {
        MeshError("INVALID_REQUEST", message, details: details)
    }

    /// `NOT_FOUND`: there is nothing with this key.
    public static func notFound(_ message: String, details: JSONValue? = nil) -> MeshError {
        MeshError("NOT_FOUND", message, details: details)
    }

    /// `PERMISSION_DENIED`: the caller may not do this.
    public static func permissionDenied(_ message: String, details: JSONValue? = nil) -> MeshError {
        MeshError("PERMISSION_DENIED", message, details: details)
    }

    /// `CONFLICT`: it contradicts what is already there.
    public static func conflict(_ message: String, details: JSONValue? = nil) -> MeshError {
        MeshError("CONFLICT", message, details: details)
    }

    /// `FAILED_PRECONDITION`: not in the state that this needs.
    public static func failedPrecondition(_ message: String, details: JSONValue? = nil) -> MeshError {
        MeshError("FAILED_PRECONDITION", message, details: details)
    }

    /// `PROVIDER_UNAVAILABLE`, retryable: something this needs isn't there at the moment.
    public static func unavailable(_ message: String, details: JSONValue? = nil) -> MeshError {
        MeshError("PROVIDER_UNAVAILABLE", message, isRetryable: true, details: details)
    }

    /// `CANCELLED`: the workflow, or what it waited for, was given up.
    public static func cancelled(_ message: String) -> MeshError { MeshError("CANCELLED", message) }

    /// What `continueAsNew` leaves the code with. It ends the run, whatever becomes of it: no cancellation, so nobody cleans up for it.
    static let continued = MeshError("CONTINUED", "the run continues as a new one")

    /// True where something was given up: `catch where error.isCancelled`.
    public var isCancelled: Bool { code == "CANCELLED" }

    /// True where it isn't known whether what was asked for took place: time was over, or nobody answered.
    public var hasUnknownOutcome: Bool {
        code == "DEADLINE_EXCEEDED" || code == "COMMUNICATION_FAILURE" || code == "CANCELLED"
    }

    /// What a negative result of the mesh means.
    static func refused(_ result: Int32, _ reason: String) -> MeshError {
        switch result {
        case -2: MeshError("RESOURCE_EXHAUSTED", reason)
        case -3: .permissionDenied(reason)
        case -4: .invalidRequest(reason)
        case -6: .cancelled(reason)
        default: .internalError(reason)
        }
    }

    /// `INTERNAL_ERROR`: a mistake of the service itself.
    public static func internalError(_ message: String, details: JSONValue? = nil) -> MeshError {
        MeshError("INTERNAL_ERROR", message, details: details)
    }
}

extension MeshError: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        self.init("INTERNAL_ERROR", "")
        try reader.openObject()
        while try reader.nextMember() {
            switch reader.key {
            case "code": code = try String(json: &reader)
            case "class": errorClass = try String?(json: &reader)
            case "message": message = try String(json: &reader)
            case "retryable": isRetryable = try Bool(json: &reader)
            case "details": details = try JSONValue?(json: &reader)
            default: try reader.skipValue()
            }
        }
    }

    public func write(to json: inout JSONWriter) {
        json.openObject()
        json.member("code", code)
        if let errorClass { json.member("class", errorClass) }
        json.member("message", message)
        json.member("details", details)
        json.member("retryable", isRetryable)
        json.closeObject()
    }
}
