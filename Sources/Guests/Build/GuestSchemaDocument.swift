import Schemas

/// The schema of a project: checked, and as the text that goes into the package.
struct GuestSchemaDocument {
    let schema: MeshSchema
    /// Canonical, so that comments and blanks don't change a package's digest.
    let text: String
    /// The documents' names, for the head of the generated source.
    let origin: String
    /// What the project calls of others.
    var imports: [MeshSchema] = []

    static func read(_ project: GuestProject) throws(GuestError) -> GuestSchemaDocument {
        var sources: [SchemaSource] = []
        for path in project.schemas {
            let bytes = try SourceFiles.read("\(project.directory)/\(path)")
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw GuestError(.schema, "\(path):1:1: error: not UTF-8 text")
            }
            sources.append(SchemaSource(path: path, text: text))
        }
        var document = try compile(sources)
        for path in project.imports {
            let source = SchemaSource(path: path, bytes: try SourceFiles.read("\(project.directory)/\(path)"))
            // Where its handled events come from is its own business.
            let compilation = SchemaCompiler.recompile(source)
            guard let schema = compilation.schema else {
                throw GuestError(.schema, compilation.diagnostics.map(\.description).joined(separator: "\n"))
            }
            document.imports.append(schema)
        }
        return document
    }

    /// Checks the documents alone: what other services have deployed is looked at when this is deployed.
    static func compile(_ sources: [SchemaSource]) throws(GuestError) -> GuestSchemaDocument {
        let compilation = SchemaCompiler.compile(sources)
        guard let schema = compilation.schema else {
            throw GuestError(.schema, compilation.diagnostics.map(\.description).joined(separator: "\n"))
        }
        return GuestSchemaDocument(
            schema: schema, text: SDLRenderer.render(schema), origin: sources.map(\.path).joined(separator: ", "))
    }
}
