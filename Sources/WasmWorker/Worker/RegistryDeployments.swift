import MeshCore
package import Outbox
package import Schemas
import Synchronization

/// The deployments of the registry in Postgres, as a worker of one pool sees them.
package final class RegistryDeployments: DeploymentSource {
    private let registry: RegistryStore
    private let workflows: WorkflowStore
    private let pool: String
    private let changes = ChangeSignal()
    /// Compiled schemas by digest; a package's never changes.
    private let schemas = Mutex<[String: MeshSchema]>([:])
    /// Packages that were named as not understood.
    private let refused = Mutex<Set<String>>([])

    /// The packages whose schemas are kept.
    var digests: Set<String> { schemas.withLock { Set($0.keys) } }

    package init(_ registry: RegistryStore, workflows: WorkflowStore, pool: String) {
        self.registry = registry
        self.workflows = workflows
        self.pool = pool
        registry.whenChanged { [changes] in changes.signal() }
    }

    package func deployments() async throws -> [Deployment] {
        var deployments: [Deployment] = []
        for artifact in try await registry.active() {
            do {
                deployments.append(
                    Deployment(
                        digest: artifact.digest, schema: try schema(of: artifact),
                        services: artifact.pool == pool ? artifact.services.sorted() : []))
            } catch {
                // A newer worker understands it; here the others go on, and its messages wait in their topics.
                guard refused.withLock({ $0.insert(artifact.digest).inserted }) else { continue }
                Log("worker").error("not serving \(artifact.services.sorted().joined(separator: ", ")): \(error)")
            }
        }
        return deployments
    }

    package func openDigests() async throws -> [String: Set<String>] { try await workflows.openDigests() }

    package func schema(of digest: String) async throws -> MeshSchema? {
        if let known = schemas.withLock({ $0[digest] }) { return known }
        guard let (_, text) = try await registry.schemaText(digest) else { return nil }
        return try schema(digest, text)
    }

    package func package(_ digest: String) async throws -> [UInt8] {
        guard let wasm = try await registry.wasm(digest) else {
            throw MeshError(.notFound, "the package \(digest) is deployed, but mesh.artifact doesn't have it")
        }
        return wasm
    }

    package func keep(only digests: Set<String>) {
        schemas.withLock { $0 = $0.filter { digests.contains($0.key) } }
    }

    package func randomSecret() async throws -> [UInt8] {
        Array((try await registry.setting("random_secret") ?? "").utf8)
    }

    package func change() async { await changes.wait(atMost: .seconds(1)) }

    private func schema(of artifact: ActiveArtifact) throws -> MeshSchema {
        try schemas.withLock { $0[artifact.digest] } ?? schema(artifact.digest, artifact.schemaText)
    }

    private func schema(_ digest: String, _ text: String) throws -> MeshSchema {
        let compilation = SchemaCompiler.recompile(
            SchemaSource(path: "package \(digest.prefix(12))", text: text))
        guard let schema = compilation.schema else {
            throw MeshError(
                .failedPrecondition,
                "the schema of package \(digest) isn't understood by this version: \(compilation.diagnostics.first?.description ?? "")"
            )
        }
        schemas.withLock { $0[digest] = schema }
        return schema
    }
}
