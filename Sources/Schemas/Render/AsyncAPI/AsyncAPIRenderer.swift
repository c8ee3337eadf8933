import MeshCore

/// Writes a schema as AsyncAPI 3.0: the Kafka topics that its services write to and read, as the services see it.
///
/// A service sends the events that it emits, and receives those that it handles and the calls of its methods, which others may write to its
/// topic (docs/wire.md). Methods that are `@scheduleOnly` aren't there.
package struct AsyncAPIRenderer {
    let schema: MeshSchema
    /// Each once, in the order of the methods.
    let messages: [AsyncAPIMessage]
    let names: AsyncAPINames
    let shapes: JSONSchemaShapes
    /// Of what handlers read: an emitter may send more than they know.
    let received: JSONSchemaShapes

    private init(_ schema: MeshSchema) {
        self.schema = schema
        var seen: Set<String> = []
        messages = schema.services.flatMap { service in
            service.methods.compactMap { AsyncAPIMessage(of: $0, in: service, schema) }
        }.filter { seen.insert($0.name).inserted }
        let names = AsyncAPINames(schema, messages)
        self.names = names
        let prefix = "#/components/schemas/"
        shapes = JSONSchemaShapes(prefix: prefix)
        received = JSONSchemaShapes(
            prefix: prefix,
            names: Dictionary(
                uniqueKeysWithValues: schema.types.map { type in
                    (type.name, names.schemas[AsyncAPINames.received(type.name)] ?? type.name)
                }), isOpen: true)
    }

    /// The document of `schema`.
    package static func render(_ schema: MeshSchema) -> String {
        JSONTree.object(AsyncAPIRenderer(schema).document).text() + "\n"
    }

    private var document: JSONTree.Members {
        [
            ("asyncapi", "3.0.0"), ("id", .string("urn:wasmesh:\(schema.namespace)")),
            (
                "info",
                .object(
                    [("title", .string(schema.namespace)), ("version", .string(schema.version.description))]
                        + JSONSchemaShapes.notes(schema.documentation, nil))
            ), ("defaultContentType", "application/json"),
            (
                "servers",
                [
                    "kafka": [
                        "host": "{broker}", "protocol": "kafka",
                        "variables": ["broker": ["default": "127.0.0.1:9092", "description": "The mesh's Kafka."]],
                    ]
                ]
            ), ("channels", .object(channels)), ("operations", .object(operations)),
            (
                "components",
                [
                    "schemas": .object(schemas),
                    "messages": .object(messages.map { (names.messages[$0.name] ?? $0.name, message($0)) }),
                ]
            ),
        ]
    }

    private var schemas: JSONTree.Members {
        var (strict, open): ([TypeReference], [TypeReference]) = ([], [])
        for message in messages {
            switch message.payload {
            case .type(let name): strict.append(TypeReference(.object(name)))
            case .received(let name): open.append(TypeReference(.object(name)))
            case .arguments(let method): strict += method.arguments.map(\.type)
            }
        }
        let (declared, read) = (schema.names(reachableFrom: strict), schema.names(reachableFrom: open))
        var schemas: JSONTree.Members = []
        for type in schema.enums where declared.contains(type.name) || read.contains(type.name) {
            schemas.append((type.name, shapes.enumeration(type)))
        }
        for type in schema.types where declared.contains(type.name) { schemas.append((type.name, shapes.object(type))) }
        for type in schema.types where read.contains(type.name) {
            schemas.append((received.names[type.name] ?? type.name, received.object(type)))
        }
        for (_, method) in schema.exposedMethods {
            schemas.append((argumentsName(method), shapes.arguments(method)))
        }
        return schemas
    }

    /// The component of a call's arguments.
    func argumentsName(_ method: MethodSchema) -> String {
        let name = AsyncAPINames.arguments(of: method)
        return names.schemas[name] ?? name
    }
}
