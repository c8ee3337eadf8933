import Guests
import MeshCore
import Schemas

/// Schema documents on disk.
enum SchemaFiles {
    static let suffix = ".mesh.graphql"

    /// The documents that could be read, and why others couldn't.
    struct Documents {
        var sources: [SchemaSource] = []
        /// Names all that couldn't be read.
        var failure: CommandFailure?
    }

    /// More isn't read: beyond it a document is refused in any case.
    private static let limit = 16 << 20

    /// Reads the named documents, or those of the project.
    static func read(
        _ paths: [String], directory: String, settings: String? = nil, standardInput: Int32 = 0
    ) throws(CommandFailure) -> [SchemaSource] {
        let documents = try readable(paths, directory: directory, settings: settings, standardInput: standardInput)
        if let failure = documents.failure { throw failure }
        return documents.sources
    }

    /// Reads those of the named documents that can be read, or of the project's; `-` is standard input.
    static func readable(
        _ paths: [String], directory: String, settings: String? = nil, standardInput: Int32 = 0
    ) throws(CommandFailure) -> Documents {
        let paths = paths.isEmpty ? try project(directory, settings).schemas : paths
        guard !paths.isEmpty else {
            throw .usage("no schema document here", hint: "name one, or make a project with `wasmesh init`")
        }
        guard paths.count(where: { $0 == "-" }) < 2 else {
            throw .usage("standard input can be read once only", hint: "give one of the documents as a file")
        }
        var documents = Documents()
        var problems: [String] = []
        for path in paths {
            do {
                let bytes = try FileContent.read(
                    path, directory: directory, limit: limit, standardInput: standardInput)
                documents.sources.append(SchemaSource(path: path == "-" ? "<stdin>" : path, bytes: bytes))
            } catch {
                problems.append("cannot read \(path): \(error.reason)")
            }
        }
        if !problems.isEmpty {
            documents.failure = .usage(
                problems.joined(separator: "\n"), hint: "a schema document is a file such as shop.mesh.graphql")
        }
        return documents
    }

    /// The schema that the documents are together, to look at: where the events come from that it handles isn't asked.
    static func compile(_ sources: [SchemaSource]) throws(CommandFailure) -> MeshSchema {
        try compilation(sources).schema
    }

    /// The same, with the places of its definitions.
    static func compilation(
        _ sources: [SchemaSource]
    ) throws(CommandFailure) -> (schema: MeshSchema, places: [String: SourceLocation]) {
        let compilation = SchemaCompiler.compile(sources, resolvingEvents: false)
        if let schema = compilation.schema { return (schema, compilation.places) }
        throw CommandFailure(
            .failure, compilation.diagnostics.map(\.description).joined(separator: "\n"),
            code: ErrorCode.invalidRequest.rawValue)
    }

    /// The schemas that the project at `directory` imports; none where there is no project.
    static func imported(_ directory: String, settings: String?) throws(CommandFailure) -> [MeshSchema] {
        let project = try project(directory, settings)
        do { return try project.importedSchemas() } catch { throw CommandFailure(.failure, error.message) }
    }

    /// The project at `directory`: its documents are those that its wasmesh.json names, else those there and in `Schemas/`. Whether its sources
    /// are there is no matter; what is wrong in its settings is told.
    private static func project(_ directory: String, _ settings: String?) throws(CommandFailure) -> GuestProject {
        do {
            return try GuestProject.described(in: directory, settings: settings)
        } catch {
            throw Failures.describe(error)
        }
    }
}
