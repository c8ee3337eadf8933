/// What came out of a compilation: a schema, or at least one diagnostic.
package struct SchemaCompilation: Sendable {
    /// Nil if there is any error.
    package let schema: MeshSchema?
    /// In the order of the documents; at most `SchemaCompiler.maximumErrors` and one that says that there are more.
    package let diagnostics: [Diagnostic]

    /// Where each definition stands, by its qualified name: `shop.Order`, `shop.Orders`, `shop.Orders/place`; under `shop` the identity.
    package let places: [String: SourceLocation]

    package init(schema: MeshSchema?, diagnostics: [Diagnostic], places: [String: SourceLocation] = [:]) {
        self.schema = diagnostics.isEmpty ? schema : nil
        self.diagnostics = diagnostics
        self.places = places
    }
}
