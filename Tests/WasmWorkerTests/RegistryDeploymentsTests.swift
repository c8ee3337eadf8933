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
}
