/// A form that a schema is rendered in for those who call the mesh or hear its events; the raw value is its name on the command line and in URLs.
///
/// What guests compile is no such form: see `SwiftRenderer`.
package enum SchemaForm: String, Sendable, CaseIterable {
    /// The canonical document.
    case sdl
    case jsonSchema = "json-schema"
    case openAPI = "openapi"
    case asyncAPI = "asyncapi"
    case typeScript = "typescript"

    /// The schema in this form; it ends with a line break.
    package func render(_ schema: MeshSchema) -> String {
        switch self {
        case .sdl: SDLRenderer.render(schema)
        case .jsonSchema: JSONSchemaRenderer.render(schema)
        case .openAPI: OpenAPIRenderer.render(schema)
        case .asyncAPI: AsyncAPIRenderer.render(schema)
        case .typeScript: TypeScriptRenderer.render(schema)
        }
    }

    package var isJSON: Bool {
        switch self {
        case .jsonSchema, .openAPI, .asyncAPI: true
        case .sdl, .typeScript: false
        }
    }
}
