import Outbox
import Postgres
import Schemas
import TestSupport
import Testing

@testable import WasmWorker

@Suite struct RegistryDeploymentsTests {
    private func deployment(_ namespace: String, _ digest: String, schemaText: String? = nil) throws -> NewDeployment {
        let text = "@mesh(namespace: \"\(namespace)\", version: \"1.0.0\") service S { do(id: ID!): Void }"
        let schema = try #require(SchemaCompiler.recompile(SchemaSource(path: "test", text: text)).schema)
        return NewDeployment(digest: digest, wasm: [0], schemaText: schemaText ?? text, schema: schema, actor: "ada")
    }

    @Test func `a package that this version doesn't understand keeps no other from being served`() async throws {
        try await withDatabase { url in
            let pool = try PostgresPool(PostgresConfiguration(url: url), size: 1)
            defer { pool.close() }
            try await Migrations.run(pool.connections[0])
            let registry = RegistryStore(pool)
            try await registry.deploy(deployment("a", "good"))
            try await registry.deploy(deployment("b", "odd", schemaText: "@mesh(namespace: \"b\") something { new }"))
            let source = RegistryDeployments(registry, workflows: WorkflowStore(pool), pool: "default")
            for _ in 0..<2 { #expect(try await source.deployments().map(\.services) == [["a.S"]]) }
        }
    }

    @Test func `a worker keeps no schema of a package that nobody needs any more, and reads it again when asked`()
        async throws
    {
        try await TestMesh.with { mesh in
            let source = RegistryDeployments(
                RegistryStore(mesh.database), workflows: WorkflowStore(mesh.database), pool: "default")
            let worker = try MeshWorker(
                mesh.configuration("w"), store: PostgresPartitionStore(mesh.database), deployments: source,
                brokerLoss: BrokerLoss(epoch: { 1 }, reset: { _, _ in }))
            let running = Task { try await worker.run() }
            defer { running.cancel() }
            try await eventually { source.digests.count == 1 }
            let old = source.digests
            let new = try await mesh.deploy(build: 1)
            try await eventually("only \(new) is kept") { source.digests == [new] }
            for digest in old { #expect(try await source.schema(of: digest) != nil) }
            running.cancel()
            try await running.value
        }
    }
}
