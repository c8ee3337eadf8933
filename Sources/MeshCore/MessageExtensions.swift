/// What a message carries besides the CloudEvents core; nil where absent.
package struct MessageExtensions: Sendable, Equatable {
    /// W3C trace context.
    package var traceparent: String?
    /// The partition of `mesh.replies` an answer goes to; nil when nobody waits for it there.
    package var replyTo: Int32?
    /// True when the answer is also kept in `mesh.call_result` (idempotency key, or polled later).
    package var keepsResult: Bool
    /// When the caller stops waiting; a handler isn't started after it.
    package var deadline: Timestamp?
    /// When it is to be sent, which may be later than it was decided; nil: at once. Whoever reads it off a record knows when it was due.
    package var due: Timestamp?
    /// The service that sent it, or nil from outside.
    package var caller: String?
    /// Who made the call over HTTP, where a token said so. What is sent in consequence of it doesn't have it.
    package var principal: Principal?
    /// Restricts an event to one handling service: set when a dead letter of that service is redriven.
    package var onlyFor: String?
    /// For an answer: the id of the call it answers.
    package var replyFor: String?
    /// For an answer: whether its data is the answer or an error.
    package var status: ReplyStatus?
    /// For a call of a workflow: where the answer goes, `<service>/<run>.<op>.<attempt>/<workflow id>`; nil when no workflow waits for it.
    package var answerTo: String?
    /// For an answer to a workflow's call: which, `<run>.<op>.<attempt>`.
    package var operation: String?
    /// Headers that aren't the mesh's, as they came: what a dead letter shows, and a redriven message has again. Nil where there are none.
    package var others: [WireHeader]?

    package init(
        traceparent: String? = nil, replyTo: Int32? = nil, keepsResult: Bool = false, deadline: Timestamp? = nil,
        due: Timestamp? = nil, caller: String? = nil, principal: Principal? = nil, onlyFor: String? = nil,
        replyFor: String? = nil,
        status: ReplyStatus? = nil, answerTo: String? = nil, operation: String? = nil, others: [WireHeader]? = nil
    ) {
        self.traceparent = traceparent
        self.replyTo = replyTo
        self.keepsResult = keepsResult
        self.deadline = deadline
        self.due = due
        self.caller = caller
        self.principal = principal
        self.onlyFor = onlyFor
        self.replyFor = replyFor
        self.status = status
        self.answerTo = answerTo
        self.operation = operation
        self.others = others
    }

    /// Roughly the bytes of the headers that aren't the mesh's.
    package var othersByteCount: Int { others?.reduce(0) { $0 + $1.byteCount } ?? 0 }

    /// The trace that the message belongs to: 32 hexadecimal digits of `traceparent` (W3C trace context §3.2.2), nil where it has none.
    package var traceID: String? {
        guard let parts = traceparent?.split(separator: "-", omittingEmptySubsequences: false), parts.count >= 4,
            parts[1].utf8.count == 32
        else { return nil }
        return String(parts[1])
    }
}
