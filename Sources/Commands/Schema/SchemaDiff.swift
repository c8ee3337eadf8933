import MeshCore
import Schemas

/// `wasmesh schema diff OLD NEW`
enum SchemaDiff: Command {
    static let description = CommandDescription(
        "diff", "shows what changes between two versions of a schema, and what it breaks for whom",
        discussion: """
            Ends with 0 when nothing breaks, or when the new version's number admits it (a higher major number; below 1.0 a
            higher minor one), and with 4 when something breaks, as `wasmesh deploy` would refuse it.
            """,
        arguments: [
            Argument("OLD", "The older document; - is standard input."),
            Argument("NEW", "The newer document; - is standard input."),
        ],
        examples: [("wasmesh schema diff <(git show HEAD:shop.mesh.graphql) shop.mesh.graphql", "before a commit")])

    static func run(_ invocation: Invocation) async throws {
        let output = invocation.output
        let documents = try SchemaFiles.read(invocation.arguments, directory: invocation.directory)
        let (old, new) = (try SchemaFiles.compile([documents[0]]), try SchemaFiles.compile([documents[1]]))
        let changes = Compatibility.check(from: old, to: new)
        if output.isJSON {
            output.line("[" + changes.map(json).joined(separator: ",") + "]")
        } else {
            for change in changes {
                output.line(output.paint(change.description, change.severity == .breaking ? .red : .green))
            }
            if changes.isEmpty { output.line("nothing that breaks anybody") }
        }
        let breaks = changes.contains { $0.severity == .breaking }
        guard breaks, !Compatibility.admitsBreak(from: old.version, to: new.version) else { return }
        let part = old.version.major == 0 ? "minor" : "major"
        output.note("version \(new.version) after \(old.version) doesn't admit a break: raise the \(part) number")
        throw CommandFailure.silent(.refused)
    }

    private static func json(_ change: CompatibilityChange) -> String {
        """
        {"severity":"\(change.severity.rawValue)","audience":"\(change.audience.rawValue)",\
        "subject":\(JSONText.string(change.subject)),"message":\(JSONText.string(change.message))}
        """
    }
}
