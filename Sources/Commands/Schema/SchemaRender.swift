import MeshCore
import Schemas

/// `wasmesh schema render FILE…`
enum SchemaRender: Command {
    private static let formats = ["sdl", "swift", "json-schema"]
    private static let format = Option<String>(
        "to", "FORMAT", "sdl, swift or json-schema.", default: "sdl",
        limit: { text in
            formats.contains(text)
                ? nil
                : "expected \(formats.joined(separator: ", ")), found '\(text)'\(DidYouMean.clause(for: text, among: formats))"
        })

    static let description = CommandDescription(
        "render", "prints a schema in another form",
        discussion:
            "sdl is the canonical form that a package carries; swift is what guests compile; json-schema is for everybody else.",
        arguments: [Argument("FILE", .many, "The schema's documents. Default: those of this project.")],
        options: [format.description])

    static func run(_ invocation: Invocation) async throws {
        let sources = try SchemaFiles.read(
            invocation.arguments, directory: invocation.directory, settings: invocation.namedConfiguration)
        let (schema, places) = try SchemaFiles.compilation(sources)
        let form = try invocation.value(format)
        let text =
            switch form {
            case "swift":
                try SwiftRenderer.render(
                    schema, origin: sources.map(\.path).joined(separator: " "), places: places)
            case "json-schema": JSONSchemaRenderer.render(schema)
            default: SDLRenderer.render(schema)
            }
        if invocation.output.isJSON, form != "json-schema" {
            return invocation.output.line("{\"form\":\(JSONText.string(form)),\"text\":\(JSONText.string(text))}")
        }
        invocation.output.raw(text.hasSuffix("\n") ? text : text + "\n")
    }
}
