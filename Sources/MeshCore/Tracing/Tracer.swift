/// Decides which traces are recorded, and hands their spans to a sink.
///
/// A trace that comes with a caller is recorded where its `traceparent` says so; of those that begin here, a share.
package struct Tracer: Sendable {
    private let sink: any SpanSink
    /// Of traces that begin here; 0 to 1.
    private let ratio: Double

    package init(sink: any SpanSink, ratio: Double) {
        self.sink = sink
        self.ratio = ratio
    }

    /// What a request from outside belongs to: what it says, else a new trace. Nil where it isn't recorded.
    package func begin(_ name: String, _ kind: Span.Kind, service: String, parent: TraceParent?) -> OpenSpan? {
        if let parent {
            guard parent.isSampled else { return nil }
            return open(name, kind, service, TraceParent.freshSpanID(), in: parent)
        }
        guard Double.random(in: 0..<1) < ratio else { return nil }
        return OpenSpan(sink, service: service, name: name, kind: kind, context: .fresh(isSampled: true), parentID: nil)
    }

    /// The same for what may be done again, after a crash or by another process: its ids follow from `identity`, so that it is one span.
    package func begin(
        _ name: String, _ kind: Span.Kind, service: String, parent: TraceParent?, identity: String
    ) -> OpenSpan? {
        if let parent {
            guard parent.isSampled else { return nil }
            return open(name, kind, service, Tracer.spanID(service, name, identity), in: parent)
        }
        // Whoever handles the same message decides the same.
        let trace = Tracer.digest(identity)
        guard Double(trace[24..<32].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) < ratio * 0x1p64 else { return nil }
        return OpenSpan(
            sink, service: service, name: name, kind: kind,
            context: TraceParent(
                traceID: Tracer.hex(trace[0..<16]), spanID: Tracer.spanID(service, name, identity), isSampled: true),
            parentID: nil)
    }

    private func open(_ name: String, _ kind: Span.Kind, _ service: String, _ spanID: String, in parent: TraceParent)
        -> OpenSpan
    {
        OpenSpan(
            sink, service: service, name: name, kind: kind,
            context: TraceParent(traceID: parent.traceID, spanID: spanID, isSampled: true), parentID: parent.spanID)
    }

    private static func spanID(_ service: String, _ name: String, _ identity: String) -> String {
        hex(digest("\(service) \(name) \(identity)")[0..<8])
    }

    private static func digest(_ text: String) -> [UInt8] { SHA256.digest(Array(text.utf8)) }

    private static func hex(_ bytes: ArraySlice<UInt8>) -> String { SHA256.hexadecimal(Array(bytes)) }
}

/// A span of what is going on.
package struct OpenSpan: Sendable {
    private let sink: any SpanSink
    private var span: Span

    init(
        _ sink: any SpanSink, service: String, name: String, kind: Span.Kind, context: TraceParent, parentID: String?
    ) {
        self.sink = sink
        let now = Timestamp.now
        span = Span(
            service: service, name: name, kind: kind, context: context, parentID: parentID, began: now, ended: now,
            attributes: [])
    }

    /// The `traceparent` of what it causes.
    package var traceparent: String { span.context.text }

    /// It began earlier than it was opened.
    package mutating func began(at time: Timestamp) { span.began = time }

    package mutating func set(_ name: String, _ value: String?) {
        if let value { span.attributes.append((name, .text(value))) }
    }

    package mutating func set(_ name: String, _ value: Int) { span.attributes.append((name, .number(Int64(value)))) }

    /// Hands it over as ended now.
    package func end(error: String? = nil, at time: Timestamp = .now) {
        var span = span
        // The clock may have been set meanwhile.
        span.ended = max(span.began, time)
        span.error = error
        sink.take(span)
    }
}
