import MeshRouter
import Schemas
import Testing

/// The schemas that the tests deploy.
enum Shop {
    static let orders = """
        @mesh(namespace: "shop", version: "1.0.0")

        type NewOrder { id: ID  customer: ID!  items: [Item!]! }
        type Item { sku: String!  quantity: Int! @min(1) @max(100) }
        type Order @key(field: "id") { id: ID!  customer: ID! }
        type OrderPlaced { id: ID!  customer: ID! }
        type Ping { note: String }

        service Orders @state(type: "Order") {
          "Accepts an order."
          place(order: NewOrder!): Order!  @key(field: "order.customer")
          count(id: ID!): Int!
          forget: Void
          audit(id: ID!): Void  @auth(roles: ["auditor", "admin"])
          nightly: Void @scheduleOnly

          @emits(event: "order.placed", key: "id")
          orderPlaced(event: OrderPlaced!): Void

          @emits(event: "shop.pinged")
          pinged(event: Ping!): Void
        }
        """

    static let billing = """
        @mesh(namespace: "billing", version: "0.2.0")

        type Placed { id: ID! }
        type Invoice @key(field: "id") { id: ID! }

        service Invoices @state(type: "Invoice") {
          open(id: ID!): Invoice

          @handles(event: "order.placed", key: "id")
          onOrderPlaced(event: Placed!): Void
        }
        """

    /// `lenient` compiles as what is deployed is read: without asking who emits the events it handles.
    static func compile(
        _ text: String, against deployed: [MeshSchema] = [], lenient: Bool = false
    ) throws -> MeshSchema {
        let source = SchemaSource(path: "test.mesh.graphql", text: text)
        let compilation =
            lenient ? SchemaCompiler.recompile(source) : SchemaCompiler.compile([source], against: deployed)
        #expect(compilation.diagnostics.map { "\($0)" } == [])
        return try #require(compilation.schema)
    }

    static func table() throws -> RouteTable {
        let orders = try compile(orders)
        let billing = try compile(billing, against: [orders])
        return RouteTable([
            ActiveDeployment(digest: "aa", schema: orders),
            ActiveDeployment(digest: "bb", schema: billing, pool: "slow"),
        ])
    }
}
