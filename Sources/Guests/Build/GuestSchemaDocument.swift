package import Schemas

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
        let imports = try project.importedSchemas()
        var document = try compile(sources, against: imports)
        document.imports = imports
        return document
    }

    /// Checks the documents against those that the project imports: what others have deployed is looked at when this is deployed.
    static func compile(
        _ sources: [SchemaSource], against imports: [MeshSchema] = [], resolvingEvents: Bool = true
    ) throws(GuestError) -> GuestSchemaDocument {
        let compilation = SchemaCompiler.compile(sources, against: imports, resolvingEvents: resolvingEvents)
        guard let schema = compilation.schema else {
            throw GuestError(.schema, compilation.diagnostics.map(\.description).joined(separator: "\n"))
        }
        return GuestSchemaDocument(
            schema: schema, text: SDLRenderer.render(schema), origin: sources.map(\.path).joined(separator: ", "))
    }
}

extension GuestProject {
    /// The schemas of others that the project names: their methods may be called, their events handled.
    package func importedSchemas() throws(GuestError) -> [MeshSchema] {
        var schemas: [MeshSchema] = []
        for path in imports {
            let source = SchemaSource(path: path, bytes: try SourceFiles.read("\(directory)/\(path)"))
            // Where its handled events come from is its own business.
            let compilation = SchemaCompiler.recompile(source)
            guard let schema = compilation.schema else {
                throw GuestError(.schema, compilation.diagnostics.map(\.description).joined(separator: "\n"))
            }
            schemas.append(schema)
        }
        return schemas
    }
}
