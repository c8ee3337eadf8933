import Foundation
import Guests
import MeshCore
import Schemas

/// Schema documents on disk.
enum SchemaFiles {
    static let suffix = ".mesh.graphql"

    /// Reads the named documents, or those of the project.
    static func read(_ paths: [String], directory: String) throws(CommandFailure) -> [SchemaSource] {
        let paths = paths.isEmpty ? inProject(directory) : paths
        guard !paths.isEmpty else {
            throw .usage("no schema document here", hint: "name one, or make a project with `wasmesh init`")
        }
        var sources: [SchemaSource] = []
        for path in paths {
            let full = path.hasPrefix("/") ? path : directory + "/" + path
            guard let data = FileManager.default.contents(atPath: full) else {
                throw .usage("cannot read \(path)", hint: "a schema document is a file such as shop.mesh.graphql")
            }
            guard let text = String(data: data, encoding: .utf8) else {
                throw CommandFailure(.failure, "\(path):1:1: error: not UTF-8 text")
            }
            sources.append(SchemaSource(path: path, text: text))
        }
        return sources
    }

    /// The schema that the documents are together, to look at: where the events come from that it handles isn't asked.
    static func compile(_ sources: [SchemaSource]) throws(CommandFailure) -> MeshSchema {
        let compilation = SchemaCompiler.compile(sources, resolvingEvents: false)
        if let schema = compilation.schema { return schema }
        throw CommandFailure(
            .failure, compilation.diagnostics.map(\.description).joined(separator: "\n"),
            code: ErrorCode.invalidRequest.rawValue)
    }

    /// The schemas that the project at `directory` imports; none where there is no project.
    static func imported(_ directory: String) throws(CommandFailure) -> [MeshSchema] {
        guard let project = try? GuestProject.load(directory) else { return [] }
        do { return try project.importedSchemas() } catch { throw CommandFailure(.failure, error.message) }
    }

    /// The documents of the project at `directory`: those that its wasmesh.json names, else those there and in `Schemas/`.
    private static func inProject(_ directory: String) -> [String] {
        if let project = try? GuestProject.load(directory) { return project.schemas }
        return ["", "Schemas/", "schema/"].flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: directory + "/" + folder)) ?? [])
                .filter { $0.hasSuffix(suffix) }.sorted().map { folder + $0 }
        }
    }
}
