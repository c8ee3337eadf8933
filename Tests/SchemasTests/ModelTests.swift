import Schemas
import Testing

@Suite struct ModelTests {
    /// DESIGN §4's example without the workflow.
    static let shop = """
        @mesh(namespace: "shop", version: "1.0.0")

        type NewOrder { customer: ID!  items: [Item!]! }
        type Item { sku: String!  quantity: Int! @min(1) @max(100)  price: Decimal! }
        enum OrderStatus { PLACED PAID SHIPPED CANCELLED }
        type Order @key(field: "id") { id: ID!  customer: ID!  items: [Item!]!  total: Decimal!  status: OrderStatus!  placedAt: DateTime! }
        type OrderPlaced { id: ID!  customer: ID!  total: Decimal! }
        type PaymentCaptured { order: ID!  amount: Decimal! }

        service Orders @state(type: "Order") {
          "Accepts an order."
          place(order: NewOrder!): Order!

          @emits(event: "order.placed", key: "id")
          orderPlaced(event: OrderPlaced!): Void

          @handles(event: "payment.captured", key: "order")
          onPaymentCaptured(event: PaymentCaptured!): Void

          get(id: ID!): Order
        }
        service Payments {
          @emits(event: "payment.captured", key: "order") captured(event: PaymentCaptured!): Void
        }
        """

    @Test func `the example of the design means what it says`() throws {
        let schema = try schema(ModelTests.shop, identity: "")
        #expect(schema.namespace == "shop" && schema.version == SemanticVersion(1, 0, 0))
        #expect(schema.types.map(\.name) == ["NewOrder", "Item", "Order", "OrderPlaced", "PaymentCaptured"])
        #expect(schema.enumeration("OrderStatus")?.values.map(\.name) == ["PLACED", "PAID", "SHIPPED", "CANCELLED"])
        let orders = try #require(schema.service("shop.Orders"))
        #expect(orders.stateType?.name == "Order" && orders.stateKeyField?.name == "id")
        let place = try #require(schema.method("shop.Orders/place"))
        #expect(place.documentation == "Accepts an order.")
        #expect(place.arguments.first?.type.description == "NewOrder!" && place.result.description == "Order!")
        // No argument is named `id`, so the caller's key or the call's id is the key.
        #expect(place.keyPath == nil && place.isExposed)
        #expect(schema.method("shop.Orders/get")?.keyPath == ["id"])
        #expect(
            schema.event("order.placed")?.keyField == "id" && schema.event("order.placed")?.service == "shop.Orders")
        let handler = try #require(orders.method("onPaymentCaptured")?.eventHandler)
        #expect(
            handler == EventHandler(event: "payment.captured", payloadType: "PaymentCaptured", stateKeyPath: ["order"]))
        #expect(schema.handlers(of: "payment.captured").map(\.method.name) == ["onPaymentCaptured"])
        #expect(schema.type("Item")?.field("quantity")?.constraints == Constraints(minimum: "1", maximum: "100"))
    }

    @Test func `decorators before and after mean the same`() throws {
        let before = """
            type E @key(field: "id") {
              @length(min: 1)
              id: ID!
              "doc" @deprecated(reason: "x") old: Int
              @min(1) @max(2)
              "doc2"
              n: Int
            }
            @state(type: "E")
            service S {
              @durable(retries: 3)
              @idempotent
              a(@min(1) x: Int, id: ID!): Void

              @emits(event: "e.e", key: "id")
              b(event: E!): Void
              @handles(event: "e.e")
              @durable(timeout: "3s")
              c(event: E!): Void
            }
            """
        let after = """
            type E @key(field: "id") {
              id: ID! @length(min: 1)
              "doc" old: Int
                @deprecated(reason: "x")
              "doc2" n: Int @min(1)
                     @max(2)
            }
            service S @state(type: "E") {
              a(x: Int @min(1), id: ID!): Void @durable(
                retries: 3
              ) @idempotent

              b(event: E!): Void
                @emits(event: "e.e", key: "id")
              c(event: E!): Void @handles(event: "e.e")
              @durable(timeout: "3s")
            }
            """
        #expect(try schema(before) == schema(after))
    }

    @Test func `decorators behind a member are its own where the next one has others before it on a line of its own`()
        throws
    {
        let written = try schema(
            """
            type E { id: ID! }
            service S {
              @idempotent
              remove(id: ID!): Void @auth(roles: ["admin"])
              @idempotent add(id: ID!): Void
              ping: Void @durable(retries: 1)
              @emits(event: "e.e") e(event: E!): Void
            }
            """)
        let meant = try schema(
            """
            type E { id: ID! }
            service S {
              @idempotent
              @auth(roles: ["admin"])
              remove(id: ID!): Void

              @idempotent
              add(id: ID!): Void

              @durable(retries: 1)
              ping: Void

              @emits(event: "e.e")
              e(event: E!): Void
            }
            """)
        #expect(written == meant)
    }

    @Test func `between two members on one line a decorator goes where it makes sense`() throws {
        let one = try schema(
            """
            type E { id: ID! @length(min: 1) n: Int @min(1) @max(2) }
            service S { ping: Void @emits(event: "e.e") e(event: E!): Void @handles(event: "e.e", key: "id") h(event: E!): Void @idempotent }
            service R { @idempotent a: Void @deprecated b: Void  c: Void @idempotent d: Void }
            """)
        let two = try schema(
            """
            type E {
              id: ID! @length(min: 1)
              n: Int @min(1) @max(2)
            }
            service S {
              ping: Void
              e(event: E!): Void @emits(event: "e.e")
              h(event: E!): Void @handles(event: "e.e", key: "id") @idempotent
            }
            service R {
              a: Void @idempotent
              b: Void @deprecated
              c: Void @idempotent
              d: Void
            }
            """)
        #expect(one == two)
    }

    @Test func `input is type, service-level mesh is file-level mesh, versions have one form`() throws {
        let one = try schema(
            "input I { a: Int }\nservice S @mesh(namespace: \"n\", version: \"v1\") { m(i: I): Void }", identity: "")
        let two = try schema(
            "@mesh(namespace: \"n\", version: \"1.0\")\ntype I { a: Int }\nservice S { m(i: I): Void! }", identity: "")
        #expect(one == two)
        #expect(SemanticVersion("1.2") == SemanticVersion(1, 2, 0) && SemanticVersion("v3")?.description == "3.0.0")
        for wrong in ["", "v", "1.", "1.2.3.4", "1.x", "-1", "1.0.0-rc", "V1", "1 .0", "99999999999"] {
            #expect(SemanticVersion(wrong) == nil)
        }
    }

    @Test func `a type may need itself where null or an empty list can end it`() throws {
        for field in [
            "a: [A!]!", "a: [A!] @length(min: 1)", "a: [A]! @length(min: 1)", "a: [[A!]!]! @length(min: 1)",
            "a: [A!]! @length(min: 0)", "a: [A!]! @length(max: 1)", "a: A",
        ] {
            _ = try schema("type A { \(field) }\nservice S { m(a: A): Void }")
        }
    }

    @Test func `decorator arguments keep their kinds`() throws {
        let schema = try schema(
            """
            type E { id: ID! }
            service S @auth(roles: ["reader"]) {
              @durable(retries: 4, timeout: "1m30s", backoff: linear) @idempotent a: Void
              @auth(roles: ["admin", "clerk"]) b: Void
              @scheduleOnly c: Void
              @deprecated(reason: "old", removeBy: "2027-01-31") d: Void
              @emits(event: "e.e") e(event: E!): Void
              @handles(event: "e.e") @batch(maxItems: 5, maxTime: "400ms", maxBytes: "256KB") f(events: [E!]!): Void
            }
            service T { @handles(event: "e.e", batch: {}) g(events: [E!]!): Void }
            """)
        let service = try #require(schema.service("S"))
        let a = try #require(service.method("a"))
        #expect(a.durable == DurablePolicy(retries: 4, timeout: .seconds(90), backoff: .linear) && a.isIdempotent)
        #expect(a.auth?.roles == ["reader"] && service.method("b")?.auth?.roles == ["admin", "clerk"])
        #expect(service.method("c")?.isExposed == false && service.method("c")?.isScheduleOnly == true)
        #expect(service.method("d")?.deprecation == Deprecation(reason: "old", removeBy: "2027-01-31"))
        #expect(schema.event("e.e")?.keyPath == nil && service.method("e")?.isExposed == false)
        let batch = BatchPolicy(maximumItems: 5, maximumTime: .milliseconds(400), maximumBytes: 256 * 1024)
        #expect(service.method("f")?.eventHandler?.batch == batch)
        #expect(schema.method("t.T/g")?.eventHandler?.batch == BatchPolicy.defaults)
    }

    @Test func `the key of a call is declared, or the state's key among the arguments`() throws {
        let schema = try schema(
            """
            type O @key(field: "id") { id: ID! }
            type N { inner: I! }
            type I { customer: UUID! }
            service S @state(type: "O") {
              a(id: ID!): Void  b(id: ID): Void  c(id: [ID!]!): Void  d(x: Int): Void
              @key(field: "n.inner.customer") e(id: ID!, n: N!): Void
            }
            service Stateless { a(id: ID!): Void }
            """)
        let paths = try #require(schema.service("S")).methods.map(\.keyPath)
        #expect(paths == [["id"], ["id"], nil, nil, ["n", "inner", "customer"]])
        #expect(schema.method("t.Stateless/a")?.keyPath == nil)
        #expect(schema.method("t.S/e")?.declaredKeyPath == ["n", "inner", "customer"])
    }

    @Test func `a docstring keeps its text`() throws {
        let schema = try schema(
            "\"\"\"\n    First line,\n      indented \\\"\"\" with quotes,\n\n    last.\n    \"\"\"\nservice S { \"a \\u00e9 \\\"b\\\" \\ud83d\\ude00\" m: Void }"
        )
        #expect(schema.services[0].documentation == "First line,\n  indented \"\"\" with quotes,\n\nlast.")
        #expect(schema.services[0].methods[0].documentation == "a é \"b\" 😀")
    }

    // MARK: Deployed schemas

    private static let emitter = """
        type P { order: ID!  amount: Decimal!  note: String }
        service Pay { @emits(event: "payment.captured", key: "order") captured(event: P!): Void }
        """

    @Test func `an event of a deployed schema can be handled, with fewer fields than it has`() throws {
        let pay = try schema(ModelTests.emitter, identity: "@mesh(namespace: \"pay\", version: \"1.0.0\")\n")
        let body = "type Q { order: ID! }\nservice S { @handles(event: \"payment.captured\") on(event: Q!): Void }"
        _ = try schema(body, against: [pay])
        #expect(errors(in: body).map { $0.contains("no service emits `payment.captured`") } == [true])
        let needy =
            "type Q { order: ID!  more: Int! }\nservice S { @handles(event: \"payment.captured\") on(event: Q!): Void }"
        #expect(errors(in: needy, against: [pay]).first?.contains("`more` is required and not sent") == true)
        let nullable =
            "type Q { order: ID!  note: String! }\nservice S { @handles(event: \"payment.captured\") on(event: Q!): Void }"
        #expect(errors(in: nullable, against: [pay]).first?.contains("can be null") == true)
        let strict =
            "type Q { order: ID! @length(max: 5) }\nservice S { @handles(event: \"payment.captured\") on(event: Q!): Void }"
        #expect(errors(in: strict, against: [pay]).first?.contains("@length(max: 5)") == true)
    }

    @Test func `an older version of the same schema does not count as an emitter`() throws {
        let identity = "@mesh(namespace: \"pay\", version: \"1.0.0\")\n"
        let old = try schema(ModelTests.emitter, identity: identity)
        let new = "type P { order: ID! }\nservice Pay { @handles(event: \"payment.captured\") on(event: P!): Void }"
        #expect(errors(in: new, identity: identity, against: [old]).first?.contains("no service emits") == true)
    }

    @Test func `two deployments cannot claim one event with different types`() throws {
        let pay = try schema(ModelTests.emitter, identity: "@mesh(namespace: \"pay\", version: \"1.0.0\")\n")
        let same =
            "type Z { order: ID!  amount: Decimal!  note: String }\nservice X { @emits(event: \"payment.captured\", key: \"order\") c(event: Z!): Void }"
        _ = try schema(same, against: [pay])
        let other =
            "type Z { order: ID!  amount: Float! }\nservice X { @emits(event: \"payment.captured\", key: \"order\") c(event: Z!): Void }"
        #expect(
            errors(in: other, against: [pay]).first?.contains(
                "declared by the deployed service pay.Pay with another type") == true)
        let key =
            "type Z { order: ID!  amount: Decimal!  note: String }\nservice X { @emits(event: \"payment.captured\") c(event: Z!): Void }"
        #expect(errors(in: key, against: [pay]).first?.contains("its key is `order` there") == true)
    }

    @Test(arguments: [
        ("b", "Foo", "b.Foo", "the event `b.Foo` of a.s"), ("b", "Foo", "b.Foo.dead", "the event `b.Foo.dead` of a.s"),
        ("a.s", "dead", "x.y", "the service a.s"), ("b", "Foo", "b.Fool", nil), ("b", "Foo", "b.foo", nil),
    ])
    func `a service can't have a topic that something deployed has`(
        namespace: String, name: String, event: String, owner: String?
    ) throws {
        let deployed = try schema(
            "type E { id: ID! }  service s { @emits(event: \"\(event)\", key: \"id\") e(event: E!): Void }",
            identity: "@mesh(namespace: \"a\", version: \"1.0.0\")\n")
        let found = errors(
            in: "service \(name) { m: Void }", identity: "@mesh(namespace: \"\(namespace)\", version: \"1\")\n",
            against: [deployed])
        #expect(
            found
                == (owner.map { ["2: the service `\(namespace).\(name)` would share its topic with \($0); rename it"] }
                    ?? []))
    }

    @Test func `several documents make one schema, and their errors name their files`() throws {
        let one = SchemaSource(path: "a", text: "@mesh(namespace: \"t\", version: \"1\")\ntype T { a: Int }")
        let two = SchemaSource(path: "b", text: "service S { m(t: T): Void }")
        #expect(SchemaCompiler.compile([one, two]).schema?.services.count == 1)
        let three = SchemaSource(path: "c", text: "type T { b: Nope }")
        let found = SchemaCompiler.compile([two, three, one]).diagnostics.map(\.description)
        #expect(found.count == 2)
        #expect(found.first?.hasPrefix("c:1:13: error: there is no type `Nope`") == true)
        #expect(found.last?.hasPrefix("a:2:6: error: `T` is already declared (c:1)") == true)
        #expect(SchemaCompiler.compile([]).diagnostics.count == 1)
    }

    @Test func `documents that are checked together may handle each other's events, in a circle`() {
        func document(_ namespace: String, emits: String, handles: String) -> SchemaSource {
            SchemaSource(
                path: namespace,
                text: """
                    @mesh(namespace: "\(namespace)", version: "1")
                    type E { id: ID! }
                    service S {
                      @emits(event: "\(emits)") e(event: E!): Void
                      @handles(event: "\(handles)") h(event: E!): Void
                    }
                    """)
        }
        let circle = [document("a", emits: "a.a", handles: "b.b"), document("b", emits: "b.b", handles: "a.a")]
        #expect(SchemaCompiler.check(circle).map(\.diagnostics.count) == [0, 0])
        #expect(SchemaCompiler.check([circle[0]]).map(\.diagnostics.count) == [1])
        // Beside it, documents don't concern each other: the good corpus has one namespace in all of them.
        #expect(SchemaCompiler.check(Corpus.good.map(\.source)).allSatisfy { $0.schema != nil })
    }
}
