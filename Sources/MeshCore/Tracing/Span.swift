/// Something that took time within a trace, as OpenTelemetry has it: a call that was answered, a handler that ran, a workflow.
package struct Span: Sendable, Equatable {
    /// What it is to the one before it; the numbers are OTLP's.
    package enum Kind: Int, Sendable {
        case `internal` = 1
        case server = 2
        case client = 3
        case producer = 4
        case consumer = 5
    }

    package enum Value: Sendable, Equatable {
        case text(String)
        case number(Int64)
    }

    /// Who did it, `service.name`: `shop.Orders`, or the router.
    package var service: String
    /// `shop.Orders/place`.
    package var name: String
    package var kind: Kind
    /// Itself, as what it causes refers to it.
    package var context: TraceParent
    /// The span that caused it; nil where it begins its trace.
    package var parentID: String?
    package var began: Timestamp
    package var ended: Timestamp
    /// By the names of OpenTelemetry's semantic conventions, where these have one.
    package var attributes: [(name: String, value: Value)]
    /// Why it failed; nil where it didn't.
    package var error: String?

    package static func == (left: Span, right: Span) -> Bool {
        left.service == right.service && left.name == right.name && left.kind == right.kind
            && left.context == right.context && left.parentID == right.parentID && left.began == right.began
            && left.ended == right.ended && left.error == right.error
            && left.attributes.elementsEqual(right.attributes) { $0 == $1 }
    }
}
