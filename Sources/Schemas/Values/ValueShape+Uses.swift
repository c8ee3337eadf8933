extension ValueShape {
    /// The shape of a declared object type; nil where the schema has no such type.
    package static func type(
        _ name: String, in schema: MeshSchema, unknownFields: UnknownFields = .refuse
    ) -> ValueShape? {
        guard schema.type(name) != nil else { return nil }
        return use(TypeReference(.object(name)), in: schema, unknownFields)
    }

    /// The data of a call: the object of the method's arguments.
    package static func arguments(of method: MethodSchema, in schema: MeshSchema) -> ValueShape {
        var builder = ValueShapeBuilder(schema)
        let root = builder.addObject(method.name, method.arguments)
        return ValueShape(builder, root: root, unknownFields: .refuse)
    }

    /// The data of an answer: an object is itself, anything else is `{"value": …}`, and `Void` is `{}`.
    package static func result(of method: MethodSchema, in schema: MeshSchema) -> ValueShape {
        var builder = ValueShapeBuilder(schema)
        switch method.answerForm {
        case .empty:
            let root = builder.addObject(method.name, [])
            return ValueShape(builder, root: root, unknownFields: .refuse)
        case .object:
            let root = builder.add(TypeReference(method.result.base))
            return ValueShape(
                builder, root: root, unknownFields: .refuse, acceptsNullAnswer: method.result.isNullable)
        case .value:
            let root = builder.addObject(method.name, [FieldDefinition(name: "value", type: method.result)])
            return ValueShape(builder, root: root, unknownFields: .refuse)
        }
    }

    /// The data of an event as its emitter declares it; what the mesh checks before it is published.
    package static func event(_ event: EventDeclaration, in schema: MeshSchema) -> ValueShape {
        use(TypeReference(.object(event.payloadType)), in: schema, .refuse)
    }

    /// The data of one event as a handler reads it: fields that the handler doesn't know are ignored, at any depth. In a batch,
    /// each event is checked by itself.
    package static func handledEvent(_ handler: EventHandler, in schema: MeshSchema) -> ValueShape {
        use(TypeReference(.object(handler.payloadType)), in: schema, .ignore)
    }

    /// The state of a service; nil where it keeps none.
    package static func state(of service: ServiceSchema, in schema: MeshSchema) -> ValueShape? {
        service.stateType.map { use(TypeReference(.object($0.name)), in: schema, .refuse) }
    }

    private static func use(
        _ type: TypeReference, in schema: MeshSchema, _ unknownFields: UnknownFields
    ) -> ValueShape {
        var builder = ValueShapeBuilder(schema)
        let root = builder.add(type)
        return ValueShape(builder, root: root, unknownFields: unknownFields)
    }
}

extension MethodSchema {
    /// How an answer travels.
    package enum AnswerForm: Sendable {
        /// `Void`: `{}`.
        case empty
        /// An object type: the object itself; null, where the type allows it, is `{"value":null}`.
        case object
        /// Anything else: `{"value": …}`.
        case value
    }

    package var answerForm: AnswerForm {
        if result.isVoid { .empty } else if result.objectName != nil { .object } else { .value }
    }
}
