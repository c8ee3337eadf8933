package import Schemas

/// A deployment as it is in force: which schema, from which package, for which services.
package struct ActiveDeployment: Sendable {
    /// The SHA-256 of the package, in hex.
    package var digest: String
    package var schema: MeshSchema
    /// The qualified names of the services it serves; nil: all of its schema.
    package var services: Set<String>?

    /// The pool of workers that runs it.
    package var pool: String

    package init(digest: String, schema: MeshSchema, services: Set<String>? = nil, pool: String = "default") {
        self.digest = digest
        self.schema = schema
        self.pool = pool
        self.services = services
    }

    /// The schema without the services that others have taken over.
    var servedSchema: MeshSchema { schema.keeping { serves($0) } }

    func serves(_ service: ServiceSchema) -> Bool { services?.contains(service.qualifiedName) ?? true }
}

extension MeshSchema {
    /// The same schema with some of its services only; its types stay, without what was for services that don't.
    func keeping(_ isKept: (ServiceSchema) -> Bool) -> MeshSchema {
        var kept = services.filter(isKept)
        // `@attribute` is refused where no workflows are searched by it, and this schema is compiled again.
        let searched = Set(kept.filter { !$0.workflows.isEmpty }.compactMap { $0.stateType?.name })
        func cleared(_ type: ObjectType) -> ObjectType {
            var type = type
            if !searched.contains(type.name) {
                for field in type.fields.indices { type.fields[field].isAttribute = false }
            }
            return type
        }
        for index in kept.indices { kept[index].stateType = kept[index].stateType.map(cleared) }
        return MeshSchema(
            namespace: namespace, version: version, types: types.map(cleared), enums: enums, services: kept,
            documentation: documentation)
    }
}
