/// Writes a schema as JSON Schema (draft 2020-12), for tools that know that.
///
/// Under `$defs` stand the types and enums by name, and the data of each message: `shop.Orders/place`, `shop.Orders/place:answer`, `order.placed`.
/// What JSON Schema can't say (bounds of numbers in strings) stands in members that begin with `x-mesh-`.
package enum JSONSchemaRenderer {
    package static func render(_ schema: MeshSchema) -> String {
        let shapes = JSONSchemaShapes(prefix: "#/$defs/")
        var definitions: JSONTree.Members = []
        for type in schema.enums { definitions.append((type.name, shapes.enumeration(type))) }
        for type in schema.types { definitions.append((type.name, shapes.object(type))) }
        for service in schema.services {
            for method in service.methods where method.kind == .call {
                definitions.append((method.qualifiedName, shapes.arguments(method)))
                definitions.append((method.qualifiedName + ":answer", shapes.answer(method)))
            }
        }
        for event in schema.events { definitions.append((event.name, shapes.reference(event.payloadType))) }
        let root: JSONTree.Members = [
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("$id", .string("urn:wasmesh:\(schema.namespace):\(schema.version)")),
            ("title", .string("\(schema.namespace) \(schema.version)")),
        ]
        return JSONTree.object(
            root + JSONSchemaShapes.notes(schema.documentation, nil) + [("$defs", .object(definitions))]
        ).text()
            + "\n"
    }
}
