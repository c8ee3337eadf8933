/// Turns schema documents into a checked schema: parse → check → model.
package enum SchemaCompiler {
    /// After this many errors the rest is not reported.
    package static let maximumErrors = 100

    /// Compiles `sources`, which together are one schema with one identity.
    ///
    /// `deployed` are the schemas whose events may be handled. A deployed schema that has a service in common with this one is an older version of it and doesn't count.
    package static func compile(_ sources: [SchemaSource], against deployed: [MeshSchema] = []) -> SchemaCompilation {
        compile(sources, against: deployed, resolvingEvents: true)
    }

    /// The same; without `resolvingEvents` it isn't asked where handled events come from, for whoever only looks at a schema needn't know
    /// those of others.
    package static func compile(
        _ sources: [SchemaSource], against deployed: [MeshSchema] = [], resolvingEvents: Bool
    ) -> SchemaCompilation {
        let sink = DiagnosticSink()
        guard !sources.isEmpty else {
            let location = SourceLocation(file: "", line: 1, column: 1)
            return SchemaCompilation(
                schema: nil, diagnostics: [Diagnostic(location: location, message: "there is no schema document")])
        }
        let documents = sources.map { Parser.parse($0, sink: sink) }
        let checker = Checker(documents, against: deployed, sink: sink)
        checker.resolvesHandledEvents = resolvingEvents
        let schema = checker.check()
        return SchemaCompilation(
            schema: schema, diagnostics: sink.sorted(files: sources.map(\.path)), places: checker.places)
    }

    /// Bytes of a document, at most; the canonical one that a package carries is one as well.
    package static let maximumBytes = Lexer.maximumBytes

    /// Compiles a document that was checked in full when it was deployed: where its handled events come from isn't asked again,
    /// for their emitters may have gone since. What it declares itself must still agree with `deployed`.
    package static func recompile(_ source: SchemaSource, against deployed: [MeshSchema] = []) -> SchemaCompilation {
        let sink = DiagnosticSink()
        let checker = Checker([Parser.parse(source, sink: sink)], against: deployed, sink: sink)
        checker.resolvesHandledEvents = false
        let schema = checker.check()
        return SchemaCompilation(
            schema: schema, diagnostics: sink.sorted(files: [source.path]), places: checker.places)
    }

    /// Compiles each of `sources` as a schema of its own, in the same order.
    ///
    /// They may handle each other's events, also in a circle; otherwise each is judged alone, as if the others weren't there.
    package static func check(_ sources: [SchemaSource], against deployed: [MeshSchema] = []) -> [SchemaCompilation] {
        // First without looking at where handled events come from, which gives what each of them declares.
        let declared = sources.map { source in
            let sink = DiagnosticSink()
            let checker = Checker([Parser.parse(source, sink: sink)], against: [], sink: sink)
            checker.resolvesHandledEvents = false
            return sink.hasErrors ? nil : Optional(checker.check()).flatMap { sink.hasErrors ? nil : $0 }
        }
        return sources.indices.map { index in
            let sink = DiagnosticSink()
            let checker = Checker([Parser.parse(sources[index], sink: sink)], against: deployed, sink: sink)
            checker.neighbours = declared.enumerated().compactMap { $0.offset == index ? nil : $0.element }
            return SchemaCompilation(schema: checker.check(), diagnostics: sink.sorted(files: [sources[index].path]))
        }
    }
}
