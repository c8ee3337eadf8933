import HTTPServer
import MeshCore
import Telemetry

/// Where a router's or worker's spans go.
struct TraceSettings: Sendable {
    /// An OpenTelemetry collector; nil: no traces are kept.
    var collector: String?
    var headers = HTTPHeaders()
    /// Of the traces that begin in the mesh, how many are recorded; 0 to 1.
    var ratio = 1.0

    static let options = [
        Settings.traces.description, Settings.traceHeaders.description, Settings.traceRatio.description,
    ]

    init(_ invocation: Invocation) throws(CommandFailure) {
        collector = invocation.optional(Settings.traces)
        ratio = try invocation.value(Settings.traceRatio)
        guard let (text, origin) = invocation.origin(of: Settings.traceHeaders) else { return }
        for (index, pair) in text.split(separator: ",").enumerated() {
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            let field = HTTPHeaders.Field(name: parts.first ?? "", value: parts.last ?? "")
            guard parts.count == 2, field.hasValidName, field.hasValidValue else {
                // Not what stands there: it may be a token.
                throw .usage(
                    "\(origin): part \(index + 1) is not name=value",
                    hint: "such as authorization=Bearer abc,x-scope-orgid=shop")
            }
            headers.set(field.name, field.value)
        }
    }

    /// Runs `body` with what traces it, and sends what it leaves before returning.
    func tracing<Result>(_ process: String, _ body: (Tracer?) async throws -> Result) async throws -> Result {
        guard let collector else { return try await body(nil) }
        let exporter = SpanExporter(endpoint: collector, headers: headers, process: process)
        let exporting = Task { await exporter.run() }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(Tracer(sink: exporter, ratio: ratio))) } catch {
            result = .failure(error)
        }
        exporting.cancel()
        await exporting.value
        return try result.get()
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
