import MeshCore
import Schemas

/// `wasmesh schema diff OLD NEW`
enum SchemaDiff: Command {
    static let description = CommandDescription(
        "diff", "shows what changes between two versions of a schema, and what it breaks for whom",
        discussion: "Ends with 0 when nothing breaks and with 4 when something does, as `deploy` would refuse it.",
        arguments: [Argument("OLD", "The older document."), Argument("NEW", "The newer document.")])

    static func run(_ invocation: Invocation) async throws {
        let old = try SchemaFiles.compile(
            SchemaFiles.read([invocation.arguments[0]], directory: invocation.directory), invocation.output)
        let new = try SchemaFiles.compile(
            SchemaFiles.read([invocation.arguments[1]], directory: invocation.directory), against: [old],
            invocation.output)
        throw CommandFailure(.failure, "this build can't compare \(old.namespace) and \(new.namespace) yet")
    }
}
