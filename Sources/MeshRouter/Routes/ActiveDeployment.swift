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

    func serves(_ service: ServiceSchema) -> Bool { services?.contains(service.qualifiedName) ?? true }
}
