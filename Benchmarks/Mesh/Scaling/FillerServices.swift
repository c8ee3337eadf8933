import Foundation
import MeshCore
import Outbox
import Postgres
import Schemas
import Wasm

/// Services that are deployed and have nothing to do: small modules, each a package of its own.
struct FillerServices {
    let count: Int

    var topics: [String] { (0..<max(0, count)).map { "bench.Filler\($0)" } }

    func deploy(_ database: PostgresPool) async throws {
        let registry = RegistryStore(database)
        let module = try WasmBinary.assemble(FillerServices.code)
        for index in 0..<max(0, count) {
            let text = """
                @mesh(namespace: "bench", version: "1.0.0")
                service Filler\(index) { ping(key: ID!): Void }
                """
            let source = SchemaSource(path: "Filler\(index)", text: text)
            guard let schema = SchemaCompiler.compile([source]).schema else { throw CocoaError(.fileReadCorruptFile) }
            let wasm = try WasmPackage.make(module, schemaText: text, sdk: "benchmark")
            _ = try await registry.deploy(
                NewDeployment(
                    digest: try WasmPackage.inspect(wasm).digest, wasm: wasm, schemaText: text, schema: schema,
                    actor: "benchmark"))
        }
    }

    private static let code = """
        (module
          (memory (export "memory") 1)
          (func (export "mesh_alloc") (param i32) (result i32) (i32.const 1024))
          (func (export "mesh_handle") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
        """
}
