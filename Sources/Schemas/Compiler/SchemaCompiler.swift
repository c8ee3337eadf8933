/// Turns schema documents into a checked schema: parse → check → model.
package enum SchemaCompiler {
    /// After this many errors the rest is not reported.
    package static let maximumErrors = 100

    /// Compiles `sources`, which together are one schema with one identity.
    ///
    /// `deployed` are the schemas whose events may be handled. A deployed schema that has a service in common with this one is an older version of it and doesn't count.
    package static func compile(_ sources: [SchemaSource], against deployed: [MeshSchema] = []) -> SchemaCompilation {
        let sink = DiagnosticSink()
        guard !sources.isEmpty else {
            let location = SourceLocation(file: "", line: 1, column: 1)
            return SchemaCompilation(
                schema: nil, diagnostics: [Diagnostic(location: location, message: "there is no schema document")])
        }
        let documents = sources.map { Parser.parse($0, sink: sink) }
        let schema = Checker(documents, against: deployed, sink: sink).check()
        return SchemaCompilation(schema: schema, diagnostics: sink.sorted(files: sources.map(\.path)))
    }
}
