/// A checked schema: everything in it resolves, so that readers need no error handling.
///
/// Made by `SchemaCompiler`; two schemas are equal when they mean the same (positions and comments are gone, docstrings stay).
package struct MeshSchema: Sendable, Hashable {
    package let namespace: String
    package let version: SemanticVersion
    /// In the order of the document.
    package let types: [ObjectType]
    package let enums: [EnumType]
    package let services: [ServiceSchema]
    package let documentation: String?
    /// What its services emit, in the order of the document.
    package let events: [EventDeclaration]

    private let typeIndex: [String: Int]
    private let enumIndex: [String: Int]

    /// Precondition: names are unique, and what is named exists. `SchemaCompiler` makes sure of it.
    package init(
        namespace: String, version: SemanticVersion, types: [ObjectType], enums: [EnumType],
        services: [ServiceSchema], documentation: String? = nil
    ) {
        self.namespace = namespace
        self.version = version
        self.types = types
        self.enums = enums
        self.services = services
        self.documentation = documentation
        events = services.flatMap { $0.methods.compactMap(\.emittedEvent) }
        typeIndex = Dictionary(uniqueKeysWithValues: types.enumerated().map { ($1.name, $0) })
        enumIndex = Dictionary(uniqueKeysWithValues: enums.enumerated().map { ($1.name, $0) })
    }
}

extension MeshSchema {
    package func type(_ name: String) -> ObjectType? { typeIndex[name].map { types[$0] } }

    package func enumeration(_ name: String) -> EnumType? { enumIndex[name].map { enums[$0] } }

    /// The service by its own name (`Orders`) or its qualified one (`shop.Orders`).
    package func service(_ name: String) -> ServiceSchema? {
        services.first { $0.name == name || $0.qualifiedName == name }
    }

    /// The method by its qualified name, `shop.Orders/place`.
    package func method(_ qualifiedName: String) -> MethodSchema? {
        for service in services {
            if let method = service.methods.first(where: { $0.qualifiedName == qualifiedName }) { return method }
        }
        return nil
    }

    /// The event one of its services declares.
    package func event(_ name: String) -> EventDeclaration? { events.first { $0.name == name } }

    /// The methods that take the event, with their services.
    package func handlers(of event: String) -> [(service: ServiceSchema, method: MethodSchema)] {
        services.flatMap { service in
            service.methods.filter { $0.eventHandler?.event == event }.map { (service, $0) }
        }
    }
}
