import MeshCore
import Schemas

/// `wasmesh schema render FILE…`
enum SchemaRender: Command {
    /// What guests compile; the other forms are for those who call them.
    private static let swift = "swift"
    private static let forms = [SchemaForm.sdl.rawValue, swift] + SchemaForm.allCases.dropFirst().map(\.rawValue)
    private static let form = Option<String>(
        "to", "FORM", "\(forms.dropLast().joined(separator: ", ")) or \(forms.last ?? "").",
        default: SchemaForm.sdl.rawValue,
        limit: { text in
            forms.contains(text)
                ? nil
                : "expected \(forms.joined(separator: ", ")), found '\(text)'\(DidYouMean.clause(for: text, among: forms))"
        })
    private static let deployed = Option<String>(
        "deployed", "SERVICE", "The schema that this service is deployed with, in the place of documents.")

    static let description = CommandDescription(
        "render", "prints a schema in another form",
        discussion: """
            sdl is the canonical form that a package carries; swift is what guests compile. For those who call the mesh: openapi
            (3.1) describes the methods and events that the router takes, typescript is a module with a typed client of them,
            json-schema has the shapes of the data alone. asyncapi (3.0) describes the topics in Kafka.
            """,
        arguments: [Argument("FILE", .many, "The schema's documents. Default: those of this project.")],
        options: [form.description, deployed.description, Settings.url.description, Settings.token.description],
        examples: [
            ("wasmesh schema render --to typescript > src/shop.ts", ""),
            ("wasmesh schema render --deployed shop.Orders --to openapi", "of a running mesh"),
        ])

    static func run(_ invocation: Invocation) async throws {
        let form = try invocation.value(form)
        let (schema, places, origin) = try await source(invocation)
        let known = SchemaForm(rawValue: form)
        let text =
            try known?.render(schema) ?? SwiftRenderer.render(schema, origin: origin, places: places)
        if invocation.output.isJSON, known?.isJSON != true {
            return invocation.output.line("{\"form\":\(JSONText.string(form)),\"text\":\(JSONText.string(text))}")
        }
        invocation.output.raw(text.hasSuffix("\n") ? text : text + "\n")
    }

    /// The schema, where its definitions stand, and what it was read from.
    private static func source(
        _ invocation: Invocation
    ) async throws -> (schema: MeshSchema, places: [String: SourceLocation], origin: String) {
        if let service = invocation.optional(deployed) {
            guard invocation.arguments.isEmpty else {
                throw CommandFailure.usage(
                    "--deployed takes the schema of a running mesh, and \(invocation.arguments[0]) is a file",
                    hint: "give one of them")
            }
            let schema = try await DeployedSchema.of(service, RouterClient(invocation))
            return (schema, [:], service)
        }
        let sources = try SchemaFiles.read(
            invocation.arguments, directory: invocation.directory, settings: invocation.namedConfiguration)
        let (schema, places) = try SchemaFiles.compilation(sources)
        return (schema, places, sources.map(\.path).joined(separator: " "))
    }
}
