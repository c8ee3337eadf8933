import Foundation
@testable import Schemas
import Testing

/// Rendered output that is checked in. `WASMESH_UPDATE_GOLDEN=1` writes it anew; look at the difference before you commit it.
@Suite struct GoldenTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    /// Uses each part of the language once.
    private static let document = """
        "What the shop sells."
        @mesh(namespace: "acme.shop", version: "1.2")

        enum Status { "Just placed." PLACED  PAID  GONE @deprecated(reason: "use PAID") }
        "One line."
        type Item {
          sku: String! @pattern("[A-Z]{3}-\\\\d+") @length(max: 20)
          quantity: Int! @min(1) @max(100)
          price: Decimal! @min("0.01")
          weight: Float @min(0)
          tags: [String!]! @length(max: 5) @pattern("[a-z]+")
        }
        type Order @key(field: "id") {
          id: ID!  items: [Item!]!  status: Status!  previous: Status  parent: Order  grid: [[Int]]
          total: Decimal!  views: Long! @min(0)  placedAt: DateTime!  day: Date  at: Time  lasts: Duration
          reference: UUID  link: URL  photo: Bytes @length(max: 1000)  extra: JSON  gift: Boolean!
        }
        type Job @key(field: "order") { order: ID!  step: String @attribute }
        service Fulfilment @state(type: "Job") {
          "Ships." @workflow @schedule(cron: "0 6 * * mon-fri", timezone: "Europe/Berlin") fulfil(order: ID): Status!
          @signal approve(order: ID!, by: String): Void
          @signal change(order: ID!, step: String!): Job!
          @query progress(order: ID!): Job
        }
        type Placed { id: ID!  total: Decimal! }

        service Orders @state(type: "Order") @auth(roles: ["clerk"]) {
          \"\"\"
          Places an order.

          Twice is once.
          \"\"\"
          @idempotent @durable(retries: 4, timeout: "3s")
          place("What to order." items: [Item!]! @length(min: 1), note: String): Order!
          find(id: ID!): Order
          count: Int!
          @auth(roles: ["admin"]) cancel(id: ID!, reason: String): Void
          @scheduleOnly sweep: Void
          @key(field: "order.id") replace(order: Order!): Void
          @emits(event: "order.placed", key: "id") placed(event: Placed!): Void
          @handles(event: "order.placed", key: "id", batch: { maxItems: 50 }) onPlaced(events: [Placed!]!): Void
        }
        """

    @Test func `the canonical document is as it was`() throws { try check("shop.mesh.graphql", SDLRenderer.render) }

    @Test func `the JSON Schema is as it was`() throws { try check("shop.schema.json", JSONSchemaRenderer.render) }

    @Test(arguments: [
        ("shop.openapi.json", SchemaForm.openAPI), ("shop.asyncapi.json", .asyncAPI), ("shop.ts", .typeScript),
    ]) func `a form for callers is as it was`(name: String, form: SchemaForm) throws { try check(name, form.render) }

    @Test func `the JSON Schema is JSON, and its references resolve`() throws {
        let schema = try schema(GoldenTests.document, identity: "")
        let text = JSONSchemaRenderer.render(schema)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let definitions = try #require(root["$defs"] as? [String: Any])
        for part in text.split(separator: "\"#/$defs/").dropFirst() {
            let name = String(part.prefix { $0 != "\"" })
            #expect(definitions[name] != nil, "\(name)")
        }
    }

    @Test(arguments: [Scalar.time, .duration, .long])
    func `the pattern of a scalar matches what the scalar takes`(scalar: Scalar) throws {
        let property = try property("\(scalar.rawValue)!")
        let pattern = try Pattern(try #require(property["pattern"] as? String))
        let cases = ValueTests.scalars.filter {
            $0.type == "\(scalar.rawValue)!" && $0.json.first == "\"" && !$0.json.contains("\\")
        }
        #expect(cases.count > 3)
        for test in cases where test.finding != "outOfRange v" {
            #expect(pattern.matches(String(test.json.dropFirst().dropLast())) == (test.finding == nil), "\(test.json)")
        }
    }

    @Test func `free JSON may be anything, and null only without an exclamation mark`() throws {
        #expect(try property("JSON").isEmpty)
        #expect(try property("JSON!")["not"] as? [String: String] == ["type": "null"])
        let pattern = try property("String @pattern(\"\\\\@.\")")["pattern"] as? String
        #expect(pattern == "^(?:@[^\\u000a\\u000d])$")
    }

    /// A field of this type in the rendered schema.
    private func property(_ type: String) throws -> [String: Any] {
        let text = JSONSchemaRenderer.render(try schema("type T { v: \(type) }\nservice S { m(t: T): Void }"))
        let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let definition = (root?["$defs"] as? [String: Any])?["T"] as? [String: Any]
        return try #require((definition?["properties"] as? [String: Any])?["v"] as? [String: Any])
    }

    private func check(_ name: String, _ render: (MeshSchema) -> String) throws {
        let text = render(try schema(GoldenTests.document, identity: ""))
        let file = GoldenTests.directory.appending(path: name)
        if ProcessInfo.processInfo.environment["WASMESH_UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }
}
