/// Takes finished spans; at once, from any thread, and without ever failing, since nobody's work waits for a trace.
package protocol SpanSink: Sendable {
    func take(_ span: Span)
}
