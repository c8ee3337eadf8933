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
            What can't be read is named, the others are checked all the same. - is standard input.
            Without a file: the documents of this project, together, which may handle the events of those that it imports.
            """,
        arguments: [Argument("FILE", .many, "Schema documents (*.mesh.graphql).")], options: [together.description])

    static func run(_ invocation: Invocation) async throws {
        let documents = try SchemaFiles.readable(
            invocation.arguments, directory: invocation.directory, settings: invocation.namedConfiguration)
        let sources = documents.sources
        let isOne = invocation.has(together) || invocation.arguments.isEmpty
        // One schema without a part of it would have errors that aren't there.
        if isOne, let failure = documents.failure { throw failure }
        let imports =
            invocation.arguments.isEmpty
            ? try SchemaFiles.imported(invocation.directory, settings: invocation.namedConfiguration) : []
        let diagnostics =
            isOne
            ? SchemaCompiler.compile(sources, against: imports).diagnostics
            : SchemaCompiler.check(sources).flatMap(\.diagnostics)
        if invocation.output.isJSON {
            invocation.output.line("[" + diagnostics.map(json).joined(separator: ",") + "]")
        } else {
            for diagnostic in diagnostics { invocation.output.line(diagnostic.description) }
        }
        if let failure = documents.failure { throw failure }
        guard diagnostics.isEmpty else { throw CommandFailure.silent(.failure) }
        let count = sources.count
        if invocation.output.isTerminal {
            invocation.output.note("\(count) document\(count == 1 ? "" : "s"): no errors")
        }
    }

    private static func json(_ diagnostic: Diagnostic) -> String {
        let location = diagnostic.location
        return
            "{\"file\":\(JSONText.string(location.file)),\"line\":\(location.line),\"column\":\(location.column),\"message\":\(JSONText.string(diagnostic.message))}"
    }
}
