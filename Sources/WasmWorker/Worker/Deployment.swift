package import Schemas

/// One active deployment as a worker needs it.
package struct Deployment: Sendable {
    /// SHA-256 of the package.
    package var digest: String
    package var schema: MeshSchema
    /// The services of it that belong to this worker's pool, by qualified name.
    package var services: [String]

    package init(digest: String, schema: MeshSchema, services: [String]) {
        self.digest = digest
        self.schema = schema
        self.services = services
    }
}

/// Where a worker learns what is deployed.
package protocol DeploymentSource: Sendable {
    /// Everything that is active in the mesh.
    func deployments() async throws -> [Deployment]
    /// The packages that open workflows run on, by service.
    func openDigests() async throws -> [String: Set<String>]
    /// The schema of a package, whether it is active or not; nil where it is gone.
    func schema(of digest: String) async throws -> MeshSchema?
    /// The bytes of a package.
    func package(_ digest: String) async throws -> [UInt8]
    /// What guests' random bytes are mixed with, the same for the whole mesh.
    func randomSecret() async throws -> [UInt8]
    /// Forgets what is kept of other packages; what is asked for again is read again.
    func keep(only digests: Set<String>)
    /// Returns when something may have changed, or when it is time to look all the same.
    func change() async
}
