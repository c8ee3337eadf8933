/// Keys and events.
extension Rule {
    static let keys: [Rule] = [
        .init(
            "type T @key(field: \"b\") { a: ID! }\nservice S { m(t: T): Void }",
            "2: the key `b` isn't a field of `T`; it has `a`"),
        .init(
            "type T @key(field: \"custmer\") { customer: ID! }\nservice S { m(t: T): Void }",
            "2: did you mean `customer`?"),
        .init(
            "type T @key(field: \"a\") { a: ID }\nservice S { m(t: T): Void }",
            "2: may be null, since `a` of `T` is `ID`; write `a: ID!`"),
        .init("type T @key(field: \"a\") { a: [ID!]! }\nservice S { m(t: T): Void }", "2: the key `a` is a `[ID!]!`"),
        .init("type T @key(field: \"a\") { a: JSON! }\nservice S { m(t: T): Void }", "2: the key `a` is a `JSON!`"),
        .init("type T @key(field: \"a\") { a: Float! }\nservice S { m(t: T): Void }", "2: the key `a` is a `Float!`"),
        .init(
            "type T @key(field: \"u.a\") { u: U! }\ntype U { a: ID! }\nservice S { m(t: T): Void }",
            "2: the key of a type is one of its own fields"),
        .init("service S { m(a: ID!): Void @key(field: \"b\") }", "2: the key `b` isn't a field of `m`; it has `a`"),
        .init(
            "type T { a: ID! }\nservice S { m(t: T!): Void @key(field: \"t.b\") }",
            "3: the key `b` isn't a field of `T`"),
        .init("type T { a: ID! }\nservice S { m(t: T!): Void @key(field: \"t\") }", "3: such as `t.a`"),
        .init("service S { m(a: ID!): Void @key(field: \"a.b\") }", "2: goes through `a`, which is `ID!`"),
        .init("service S { m(a: ID!): Void @key(field: \"\") }", "2: isn't a field of `m`"),
        .init("service S @state(type: \"Int\") { m: Void }", "2: there is no type `Int` for the state"),
        .init("enum E { A }\nservice S @state(type: \"E\") { m: Void }", "3: the state `E` isn't an object type"),
        .init("service S @state(type: 3) { m: Void }", "2: `type` of `@state` is a string"),
    ]

    static let events: [Rule] = [
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"placed\", key: \"id\") e(event: E!): Void }",
            "3: `placed` isn't the name of an event"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b/c\", key: \"id\") e(event: E!): Void }",
            "3: isn't the name of an event"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"mesh.replies\", key: \"id\") e(event: E!): Void }",
            "3: reserved"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"t.S\", key: \"id\") e(event: E!): Void }",
            "3: would share its topic"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Int }",
            "3: write `Void` instead of `Int`"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E): Void }",
            "3: an event always has data; write `E!`"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e: Void }", "3: exactly one argument"),
        .init(
            "service S { @emits(event: \"a.b\") e(id: ID!): Void }",
            "2: the data of an event is an object, and `ID!` is none"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@emits(event: \"a.b\", key: \"id\") f(event: E!): Void }",
            "4: the event `a.b` is already declared by `e` (line 3)"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") @idempotent e(event: E!): Void }",
            "3: `@idempotent` has no meaning on `e`"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.c\") f(event: E!): Void }",
            "4: no service emits `a.c`; did you mean `a.b`?"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") f(event: [E!]!): Void }",
            "4: a handler takes one event at a time"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\", batch: { maxItem: 3 }) f(event: [E!]!): Void }",
            "4: `maxItem` isn't an argument of `batch`; did you mean `maxItems`?"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") @batch(maxItems: 0) f(event: [E!]!): Void }",
            "4: `maxItems` of `@batch` is a whole number from 1 to 10000"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\", batch: { maxBytes: \"1TB\" }) f(event: [E!]!): Void }",
            "4: a size such as"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") @scheduleOnly f(event: E!): Void }",
            "4: `@scheduleOnly` is for calls"),
        .init(
            "type E { id: ID! }\ntype F { id: Int! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") f(event: F!): Void }",
            "5: `id` is sent as `ID!` and read as `Int!`"),
        .init(
            "type E { id: ID! k: K! }\nenum K { A B }\ntype F { k: L! }\nenum L { A }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") f(event: F!): Void }",
            "7: `k` can be `B`, which the reader's `L` doesn't know"),
    ]
}
