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
    /// Where definitions stand, those of the imported schemas too.
    var places: [String: SourceLocation] = [:]

    static func read(_ project: GuestProject) throws(GuestError) -> GuestSchemaDocument {
        var sources: [SchemaSource] = []
        for path in project.schemas {
            let bytes = try SourceFiles.read("\(project.directory)/\(path)")
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw GuestError(.schema, "\(path):1:1: error: not UTF-8 text")
            }
            sources.append(SchemaSource(path: path, text: text))
        }
        let imports = try project.importedDocuments()
        var document = try compile(sources, against: imports.map(\.schema))
        document.imports = imports.map(\.schema)
        for imported in imports { document.places.merge(imported.places) { own, _ in own } }
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
        let text = SDLRenderer.render(schema)
        guard text.utf8.count <= SchemaCompiler.maximumBytes else {
            throw GuestError(
                .schema,
                "the whole schema has \(text.utf8.count) bytes as one document, which a package carries; at most \(SchemaCompiler.maximumBytes) are read: make packages of fewer services, or shorter descriptions"
            )
        }
        return GuestSchemaDocument(
            schema: schema, text: text, origin: sources.map(\.path).joined(separator: ", "),
            places: compilation.places)
    }
}

extension GuestProject {
    /// The schemas of others that the project names: their methods may be called, their events handled.
    package func importedSchemas() throws(GuestError) -> [MeshSchema] { try importedDocuments().map(\.schema) }

    /// The same, with the places of their definitions.
    func importedDocuments() throws(GuestError) -> [(schema: MeshSchema, places: [String: SourceLocation])] {
        var documents: [(schema: MeshSchema, places: [String: SourceLocation])] = []
        for path in imports {
            let source = SchemaSource(path: path, bytes: try SourceFiles.read("\(directory)/\(path)"))
            // Where its handled events come from is its own business.
            let compilation = SchemaCompiler.recompile(source)
            guard let schema = compilation.schema else {
                throw GuestError(.schema, compilation.diagnostics.map(\.description).joined(separator: "\n"))
            }
            documents.append((schema, compilation.places))
        }
        return documents
    }
}
