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
