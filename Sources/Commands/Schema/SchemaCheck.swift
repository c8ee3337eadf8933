import MeshCore
import Schemas

/// `wasmesh schema check FILE…`
enum SchemaCheck: Command {
    private static let together = Option<Bool>.flag("together", "Takes all files as parts of one schema.")

    static let description = CommandDescription(
        "check", "checks schema documents",
        discussion: """
            Prints file:line:column: error: message for each error, and ends with 0 where there is none.
            Each file is a schema of its own, which may handle the others' events; --together makes them one.
            Without a file: the documents of this project, together.
            """,
        arguments: [Argument("FILE", .many, "Schema documents (*.mesh.graphql).")], options: [together.description])

    static func run(_ invocation: Invocation) async throws {
        let sources = try SchemaFiles.read(invocation.arguments, directory: invocation.directory)
        let isOne = invocation.has(together) || invocation.arguments.isEmpty
        let diagnostics =
            isOne ? SchemaCompiler.compile(sources).diagnostics : compileEach(sources).flatMap(\.diagnostics)
        if invocation.output.isJSON {
            invocation.output.line("[" + diagnostics.map(json).joined(separator: ",") + "]")
        } else {
            for diagnostic in diagnostics { invocation.output.line(diagnostic.description) }
        }
        guard diagnostics.isEmpty else { throw CommandFailure.silent(.failure) }
        let count = sources.count
        if invocation.output.isTerminal {
            invocation.output.note("\(count) document\(count == 1 ? "" : "s"): no errors")
        }
    }

    /// Compiles each document against those that compile: as often as that makes another one compile, since one may handle
    /// the events of the next.
    static func compileEach(_ sources: [SchemaSource]) -> [SchemaCompilation] {
        var results = sources.map { SchemaCompiler.compile([$0]) }
        while sources.count > 1 {
            let before = results.compactMap(\.schema).count
            for index in results.indices where results[index].schema == nil {
                results[index] = SchemaCompiler.compile([sources[index]], against: results.compactMap(\.schema))
            }
            if results.compactMap(\.schema).count == before { break }
        }
        return results
    }

    private static func json(_ diagnostic: Diagnostic) -> String {
        let location = diagnostic.location
        return
            "{\"file\":\(JSONText.string(location.file)),\"line\":\(location.line),\"column\":\(location.column),\"message\":\(JSONText.string(diagnostic.message))}"
    }
}
