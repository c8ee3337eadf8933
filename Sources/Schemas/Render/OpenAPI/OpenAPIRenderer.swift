/// Writes a schema as OpenAPI 3.1: what its callers, and those who publish its events, may send to a router and get from it.
///
/// What isn't offered isn't there: methods that are `@scheduleOnly`, handlers of events, and types of nothing else. Names of components that
/// aren't the schema's own begin with `mesh.`, which no namespace and no event does.
package struct OpenAPIRenderer {
    let schema: MeshSchema
    let shapes = JSONSchemaShapes(prefix: "#/components/schemas/")

    /// The document of `schema`.
    package static func render(_ schema: MeshSchema) -> String {
        JSONTree.object(OpenAPIRenderer(schema: schema).document).text() + "\n"
    }

    private var document: JSONTree.Members {
        [
            ("openapi", "3.1.0"),
            (
                "info",
                .object(
                    [("title", .string(schema.namespace)), ("version", .string(schema.version.description))]
                        + JSONSchemaShapes.notes(schema.documentation, nil))
            ),
            ("servers", OpenAPIRenderer.servers), ("tags", .list(schema.services.filter(offers).map(tag))),
            ("paths", .object(paths)), ("components", .object(components)),
        ]
    }

    private static let servers: JSONTree = [
        [
            "url": "{router}",
            "variables": ["router": ["default": "http://127.0.0.1:8080", "description": "Where a router is."]],
        ]
    ]

    private func offers(_ service: ServiceSchema) -> Bool {
        service.methods.contains { $0.isExposed || $0.emittedEvent != nil }
    }

    private func tag(_ service: ServiceSchema) -> JSONTree {
        let text = OpenAPIRenderer.paragraphs(
            service.documentation, service.deprecation.map { "Deprecated: \($0.sentence)" })
        return .object([("name", .string(service.name))] + JSONSchemaShapes.notes(text, nil))
    }

    private var paths: JSONTree.Members {
        var paths: JSONTree.Members = schema.exposedMethods.map { service, method in
            ("/" + method.qualifiedName, ["post": operation(method, of: service)])
        }
        if !schema.events.isEmpty { paths.append(("/events", ["post": publishing])) }
        if !schema.exposedMethods.isEmpty { paths.append(("/api/v1/calls/{id}", ["get": OpenAPIRenderer.polling])) }
        return paths
    }

    private var components: JSONTree.Members {
        let names = schema.exposedNames
        var schemas: JSONTree.Members = []
        for type in schema.enums where names.contains(type.name) {
            schemas.append((type.name, shapes.enumeration(type)))
        }
        for type in schema.types where names.contains(type.name) { schemas.append((type.name, shapes.object(type))) }
        for (service, method) in schema.exposedMethods {
            schemas.append((OpenAPIRenderer.arguments(of: method, in: service), shapes.arguments(method)))
            schemas.append((OpenAPIRenderer.answer(of: method, in: service), shapes.answer(method)))
        }
        for event in schema.events { schemas.append((OpenAPIRenderer.cloudEvent(event), envelope(of: event))) }
        return [
            ("schemas", .object(schemas + OpenAPIRenderer.meshSchemas)), ("parameters", OpenAPIRenderer.parameters),
            ("responses", OpenAPIRenderer.responses),
            (
                "securitySchemes",
                [
                    "caller": [
                        "type": "http", "scheme": "bearer",
                        "description":
                            "A caller's token, with roles for methods with `@auth`; an administrator's has all of them.",
                    ]
                ]
            ),
        ]
    }

    // MARK: Names of components

    /// The arguments of a call: `Orders.place.arguments`.
    static func arguments(of method: MethodSchema, in service: ServiceSchema) -> String {
        "\(service.name).\(method.name).arguments"
    }

    static func answer(of method: MethodSchema, in service: ServiceSchema) -> String {
        "\(service.name).\(method.name).answer"
    }

    /// The event with its attributes: `order.placed.event`.
    static func cloudEvent(_ event: EventDeclaration) -> String { event.name + ".event" }

    /// Texts set apart by empty lines; nil where there is none.
    static func paragraphs(_ parts: String?...) -> String? {
        let there = parts.compactMap { $0 }.filter { !$0.isEmpty }
        return there.isEmpty ? nil : there.joined(separator: "\n\n")
    }
}
