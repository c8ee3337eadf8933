import MeshCore
import MeshRouter
import Schemas
import Testing

/// What a deploy finds in packages that serve only some of their services any more.
@Suite struct DeploymentReviewTests {
    /// One service with workflows that are searched by an attribute, and one beside it.
    private let shop = """
        @mesh(namespace: "shop", version: "1.0.0")
        type Order @key(field: "id") { id: ID!  step: String! @attribute }
        service Orders @state(type: "Order") { @workflow fulfil(id: ID!): Void }
        service Stock @state(type: "Order") { take(id: ID!): Order }
        """

    private func review(_ text: String, beside services: Set<String>) throws -> DeploymentReview {
        try DeploymentReview.of(
            try TextPackage.make(text),
            against: [ActiveDeployment(digest: "aa", schema: try Shop.compile(shop), services: services)])
    }

    @Test func `an attribute of a service that has left its package breaks no deploy`() throws {
        let unrelated = "@mesh(namespace: \"other\", version: \"1.0.0\") service Others { look: Void }"
        #expect(try review(unrelated, beside: ["shop.Stock"]).broken == [])
        #expect(try review(unrelated, beside: ["shop.Stock", "shop.Orders"]).broken == [])
    }

    @Test func `a package whose services run in several pools wants one named`() throws {
        let schema = try Shop.compile(shop)
        let active = [("shop.Orders", "fast"), ("shop.Stock", "slow")].map {
            ActiveDeployment(digest: $0.0, schema: schema, services: [$0.0], pool: $0.1)
        }
        let review = try DeploymentReview.of(try TextPackage.make(shop), against: active)
        #expect(try review.pool(among: []) == "default")
        #expect(try review.pool(among: [active[1]]) == "slow")
        let refusal = #expect(throws: MeshError.self) { try review.pool(among: active) }
        #expect(refusal?.message.contains("in the pools fast, slow") == true)
    }

    @Test func `what no version can admit isn't said to want a higher one`() throws {
        let deaf = """
            @mesh(namespace: "other", version: "1.0.0")
            type Paid { order: ID! }
            service Ears { @handles(event: "order.paid") hear(event: Paid!): Void }
            """
        let review = try review(deaf, beside: ["shop.Stock", "shop.Orders"])
        let refusal = #expect(throws: MeshError.self) { try review.requirePermission(allowsBreaking: false) }
        #expect(refusal?.message.contains("no service emits `order.paid`") == true)
        #expect(refusal?.message.hasSuffix("Deploy with --allow-breaking") == true)
    }

    @Test func `whoever takes over what is left needn't keep the attribute`() throws {
        let stock = """
            @mesh(namespace: "shop", version: "1.1.0")
            type Order @key(field: "id") { id: ID!  step: String! }
            service Stock @state(type: "Order") { take(id: ID!): Order }
            """
        let left = try review(stock, beside: ["shop.Stock"])
        #expect(left.changes == [] && left.broken == [])
    }
}
