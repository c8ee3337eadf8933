import MeshCore

/// Spans as the body of a request to `/v1/traces`: `ExportTraceServiceRequest` in JSON (OTLP 1.x, "JSON Protobuf Encoding": ids in hexadecimal,
/// 64-bit numbers as text).
enum OTLPDocument {
    /// - Parameter process: names the process that did all of it, `service.instance.id`.
    static func json(_ spans: some Sequence<Span>, process: String) -> String {
        let resources = Dictionary(grouping: spans, by: \.service).sorted { $0.key < $1.key }.map { service, spans in
            let attributes = [
                attribute("service.name", .text(service)), attribute("service.instance.id", .text(process)),
            ].joined(separator: ",")
            let list = spans.map(json).joined(separator: ",")
            return
                "{\"resource\":{\"attributes\":[\(attributes)]},\"scopeSpans\":[{\"scope\":{\"name\":\"wasmesh\"},\"spans\":[\(list)]}]}"
        }
        return "{\"resourceSpans\":[\(resources.joined(separator: ","))]}"
    }

    private static func json(_ span: Span) -> String {
        var members = [
            "\"traceId\":\"\(span.context.traceID)\"", "\"spanId\":\"\(span.context.spanID)\"",
            "\"name\":\(JSONText.string(span.name))", "\"kind\":\(span.kind.rawValue)",
            "\"startTimeUnixNano\":\"\(span.began.microseconds)000\"",
            "\"endTimeUnixNano\":\"\(span.ended.microseconds)000\"",
            "\"attributes\":[\(span.attributes.map { attribute($0.name, $0.value) }.joined(separator: ","))]",
        ]
        if let parent = span.parentID { members.insert("\"parentSpanId\":\"\(parent)\"", at: 2) }
        if let error = span.error { members.append("\"status\":{\"code\":2,\"message\":\(JSONText.string(error))}") }
        return "{\(members.joined(separator: ","))}"
    }

    private static func attribute(_ name: String, _ value: Span.Value) -> String {
        let written =
            switch value {
            case .text(let text): "{\"stringValue\":\(JSONText.string(text))}"
            case .number(let number): "{\"intValue\":\"\(number)\"}"
            }
        return "{\"key\":\(JSONText.string(name)),\"value\":\(written)}"
    }
}
