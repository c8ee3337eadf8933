package import Schemas
import Synchronization
package import Wasm

/// A package whose handlers and workflows tests run in the real sandbox, while the rest of the mesh is the test's own
/// (docs/design/test-sandbox.md).
package final class TestSandbox: Sendable {
    let catalog: ServiceCatalog
    private let count = Atomic<Int>(0)

    /// - Parameter imports: the schemas of others that the package calls, whose arguments are checked too.
    package convenience init(_ module: WasmModule, _ schema: MeshSchema, imports: [MeshSchema]) {
        self.init(code: module, schema, imports: imports)
    }

    init(code: any GuestCode, _ schema: MeshSchema, imports: [MeshSchema]) {
        catalog = ServiceCatalog(
            services: schema.services.map { ServiceBinding($0, in: schema, code: code, configuration: [:]) },
            schemas: [schema] + imports)
    }

    /// How many times a guest ran.
    package var executions: Int { count.load(ordering: .relaxed) }

    /// Runs what one test asks for, until the test ends the connection. Blocks, on a thread with 4 MiB of stack.
    package func serve(_ connection: TestConnection) { TestSession(self, connection).serve() }

    func noteExecution() { count.add(1, ordering: .relaxed) }
}

extension TestSandbox {
    /// What a thread that serves needs: guests run on it, one inside another's host call.
    package static let stackBytes = 4 << 20
}
