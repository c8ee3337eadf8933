/// What came out of a compilation: a schema, or at least one diagnostic.
package struct SchemaCompilation: Sendable {
    /// Nil if there is any error.
    package let schema: MeshSchema?
    /// In the order of the documents; at most `SchemaCompiler.maximumErrors` and one that says that there are more.
    package let diagnostics: [Diagnostic]

    package init(schema: MeshSchema?, diagnostics: [Diagnostic]) {
        self.schema = diagnostics.isEmpty ? schema : nil
        self.diagnostics = diagnostics
    }
}
