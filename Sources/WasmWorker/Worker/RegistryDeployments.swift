import MeshCore
package import Outbox
import Schemas
import Synchronization

/// The deployments of the registry in Postgres, as a worker of one pool sees them.
package final class RegistryDeployments: DeploymentSource {
    private let registry: RegistryStore
    private let pool: String
    private let changes = ChangeSignal()
    /// Compiled schemas by digest; a package's never changes.
    private let schemas = Mutex<[String: MeshSchema]>([:])

    package init(_ registry: RegistryStore, pool: String) {
        self.registry = registry
        self.pool = pool
        registry.whenChanged { [changes] in changes.signal() }
    }

    package func deployments() async throws -> [Deployment] {
        try await registry.active().map { artifact in
            Deployment(
                digest: artifact.digest, schema: try schema(of: artifact),
                services: artifact.pool == pool ? artifact.services.sorted() : [])
        }
    }

    package func package(_ digest: String) async throws -> [UInt8] {
        guard let wasm = try await registry.wasm(digest) else {
            throw MeshError(.notFound, "the package \(digest) is deployed, but mesh.artifact doesn't have it")
        }
        return wasm
    }

    package func randomSecret() async throws -> [UInt8] {
        Array((try await registry.setting("random_secret") ?? "").utf8)
    }

    package func change() async { await changes.wait(atMost: .seconds(1)) }

    private func schema(of artifact: ActiveArtifact) throws -> MeshSchema {
        if let known = schemas.withLock({ $0[artifact.digest] }) { return known }
        let compilation = SchemaCompiler.recompile(
            SchemaSource(path: "package \(artifact.digest.prefix(12))", text: artifact.schemaText))
        guard let schema = compilation.schema else {
            throw MeshError(
                .failedPrecondition,
                "the schema of package \(artifact.digest) isn't understood by this version: \(compilation.diagnostics.first?.description ?? "")"
            )
        }
        schemas.withLock { $0[artifact.digest] = schema }
        return schema
    }
}
