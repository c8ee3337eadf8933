/// Collects the errors of one compilation, bounded however broken the documents are.
final class DiagnosticSink {
    private(set) var diagnostics: [Diagnostic] = []
    private var seen: Set<Diagnostic> = []
    private var dropped = 0
    /// More is collected than shown, since errors are found by phase and shown by place.
    private static let capacity = 10 * SchemaCompiler.maximumErrors

    var isFull: Bool { diagnostics.count >= DiagnosticSink.capacity }
    var hasErrors: Bool { !diagnostics.isEmpty }

    func report(_ location: SourceLocation, _ message: @autoclosure () -> String) {
        guard !isFull else {
            dropped += 1
            return
        }
        let diagnostic = Diagnostic(location: location, message: message())
        if seen.insert(diagnostic).inserted { diagnostics.append(diagnostic) }
    }

    /// All errors in the order of `files`, then by place; what is beyond the bound is counted in a last one.
    func sorted(files: [String]) -> [Diagnostic] {
        let order = Dictionary(files.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let all = diagnostics.sorted { left, right in
            let (first, second) = (left.location, right.location)
            return (order[first.file] ?? 0, first.line, first.column) < (
                order[second.file] ?? 0, second.line, second.column
            )
        }
        guard let last = all.prefix(SchemaCompiler.maximumErrors).last, all.count > SchemaCompiler.maximumErrors else {
            return all
        }
        let rest = all.count - SchemaCompiler.maximumErrors + dropped
        return all.prefix(SchemaCompiler.maximumErrors) + [
            Diagnostic(location: last.location, message: "\(rest) more errors follow; mend these first")
        ]
    }
}
