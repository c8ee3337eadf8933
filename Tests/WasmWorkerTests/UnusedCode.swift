import Schemas
import Testing
import Wasm

@testable import WasmWorker

/// Code for services of which a test needs no more than that they are there.
struct UnusedCode: GuestCode {
    let digest = "d"

    func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
        GuestRun(outcome: .completed(GuestEffects(reply: nil, state: .unchanged, messages: [])))
    }

    /// A catalog with the services of a schema.
    static func catalog(_ text: String) throws -> ServiceCatalog {
        let compilation = SchemaCompiler.compile([SchemaSource(path: "unused.mesh.graphql", text: text)])
        let schema = try #require(compilation.schema, "\(compilation.diagnostics)")
        return ServiceCatalog(
            services: schema.services.map { ServiceBinding($0, in: schema, code: UnusedCode(), configuration: [:]) })
    }

    /// What the tests of feeds read.
    static func shop() throws -> ServiceCatalog {
        try catalog(
            """
            @mesh(namespace: "shop", version: "1.0.0")
            type Order { id: ID! }
            service Orders {
              place(id: ID!): Void
              @emits(event: "order.placed") placed(order: Order!): Void
              @handles(event: "order.placed") onPlaced(order: Order!): Void
            }
            service Mail { @handles(event: "order.placed") onPlaced(order: Order!): Void }
            """)
    }
}
