/// A `service` block.
package struct ServiceSchema: Sendable, Hashable {
    /// `Orders`.
    package let name: String
    /// `shop.Orders`; also the topic of its calls.
    package let qualifiedName: String
    /// `@state(type:)`: the type of the state kept per key; it has a key field.
    package var stateType: ObjectType?
    /// In the order of the document; at least one.
    package var methods: [MethodSchema]
    /// `@auth(roles:)` of the whole service; already applied to its methods without one of their own.
    package var auth: AuthPolicy?
    package var documentation: String?
    package var deprecation: Deprecation?

    package init(
        namespace: String, name: String, stateType: ObjectType? = nil, methods: [MethodSchema],
        auth: AuthPolicy? = nil, documentation: String? = nil, deprecation: Deprecation? = nil
    ) {
        self.name = name
        self.qualifiedName = namespace + "." + name
        self.stateType = stateType
        self.methods = methods
        self.auth = auth
        self.documentation = documentation
        self.deprecation = deprecation
    }

    package func method(_ name: String) -> MethodSchema? { methods.first { $0.name == name } }

    /// The field that keys the state.
    package var stateKeyField: FieldDefinition? { stateType?.key }

    /// The methods that start a workflow.
    package var workflows: [MethodSchema] { methods.filter { $0.role == .workflow } }

    /// The fields of the state by which its workflows are searched.
    package var attributes: [FieldDefinition] { stateType?.fields.filter(\.isAttribute) ?? [] }

    /// The methods that declare an event.
    package var emitters: [MethodSchema] { methods.filter { $0.emittedEvent != nil } }

    /// The methods that take an event.
    package var handlers: [MethodSchema] { methods.filter { $0.eventHandler != nil } }
}
