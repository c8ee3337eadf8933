/// Names, constraints and decorators.
extension Rule {
    static let names: [Rule] = [
        .init("type String { a: Int }\nservice S { m: Void }", "2: `String` is a built-in scalar"),
        .init(
            "type A { a: Int }\nenum A { X }\nservice S { m: Void }", "3: `A` is already the name of a type (line 2)"),
        .init("type S { a: Int }\nservice S { m: Void }", "3: `S` is already the name of a type"),
        .init("type __T { a: Int }\nservice S { m: Void }", "2: begin with `__` are reserved"),
        .init("type T { __a: Int }\nservice S { m: Void }", "2: begin with `__` are reserved"),
        .init("service S { _: Void }", "2: the name `_` of this method has no letter or digit; choose another one"),
        .init("service S { m(_: Int): Void }", "2: the name `_` of this argument has no letter or digit"),
        .init("type _ { _1: Int }\nservice S { m: Void }", "2: the name `_` of this type has no letter or digit"),
        .init("service S { ___: Void }", "2: begin with `__` are reserved"),
        .init(
            "type O @key(field: \"id\") { id: ID! }\nservice Orders @state(type: \"O\") { m: Void }\nservice ORDERS @state(type: \"O\") { m: Void }",
            "4: the state of `ORDERS` would be shown in the view `orders`, which is that of the state of `Orders` (line 3); rename one"
        ),
        .init(
            "type O @key(field: \"id\") { id: ID! }\nservice HTTPLog @state(type: \"O\") { m: Void }\nservice Http_Log @state(type: \"O\") { m: Void }",
            "4: the view `http_log`"),
        .init(
            "type O @key(field: \"id\") { id: ID! }\nservice Orders { @workflow run(id: ID!): Void }\nservice Orders_run @state(type: \"O\") { m: Void }",
            "4: the state of `Orders_run` would be shown in the view `orders_run`, which is that of the workflows of `Orders.run` (line 3)"
        ),
        .init("service S { m: Strng }", "2: there is no type `Strng`; did you mean `String`?"),
        .init("service S { m: BigInt }", "2: use `Long`"),
        .init("service S { m: T }\nservice T { m: Void }", "2: `T` is a service; a type is wanted"),
        .init("type Ü { a: Int }\nservice S { m(t: Ü): Void }", "2: has the character `Ü`", "3: has the character `Ü`"),
        .init("type T\u{200B} { a: Int }\nservice S { m: Void }", "2: "),
        .init("enum E { true }\nservice S { m(e: E): Void }", "2: `true` can't be an enum value"),
        .init(
            "type T { a: Int! b: T! }\nservice S { m(t: T): Void }",
            "2: a value of `T` would need one of itself (`T.b` → `T`)"),
        .init(
            "type A { b: B! }\ntype B { c: C! }\ntype C { a: A! l: [A!]! }\nservice S { m(t: A): Void }",
            "2: `A.b` → `B.c` → `C.a` → `A`", "3: `B.c`", "4: `C.a`"),
        .init(
            "type A { children: [A!]! @length(min: 1) }\nservice S { m(t: A): Void }",
            "2: a value of `A` would need one of itself (`A.children` → `A`); make one of these fields nullable, or a list"
        ),
        .init(
            "type A { b: B! }\ntype B { a: [A!]! @length(min: 2, max: 3) }\nservice S { m(t: A): Void }",
            "2: `A.b` → `B.a` → `A`", "3: `B.a` → `A.b` → `B`"),
        .init("type T { v: Void }\nservice S { m(t: T): Void }", "2: `Void` can only be the result"),
        .init("service S { m(v: Void): Void }", "2: `Void` can only be the result"),
        .init("service S { m: [Void!]! }", "2: there is no list of `Void`"),
        .init("type T { value: Int }\nservice S { m: T }", "3: `m` may answer null, and `T` has a field `value`"),
        .init("type T { a: Int }", "1: the schema has no service"),
        .init("service S { }", "2: the service `S` has no methods"),
    ]

    static let constraints: [Rule] = [
        .init("service S { m(a: Boolean @min(1)): Void }", "2: `@min` bounds a number"),
        .init("service S { m(a: Int @min(0.5)): Void }", "2: write a whole number"),
        .init(
            "service S { m(a: Long @max(9223372036854775808)): Void }",
            "2: `9223372036854775808` doesn't fit the 64 bits"),
        .init("service S { m(a: Int @min): Void }", "2: `@min` wants the argument `value`; write `@min(1)`"),
        .init("service S { m(a: Int @min(\"x\")): Void }", "2: `value` of `@min` is a number, not the string `\"x\"`"),
        .init("service S { m(a: Int @min(1, 2)): Void }", "2: `@min` doesn't take the number `2` without a name"),
        .init("service S { m(a: Int @min(1) @min(2)): Void }", "2: `@min` stands here twice"),
        .init("service S { m(a: Float @max(1e999)): Void }", "2: doesn't fit a `Float`"),
        .init("service S { m(a: Decimal @min(\"2\") @max(\"1.99\")): Void }", "2: `@min` (2) is above `@max` (1.99)"),
        .init("service S { m(a: Int @length(max: 3)): Void }", "2: `@length` bounds a text, bytes or a list"),
        .init("service S { m(a: String @length): Void }", "2: `@length` wants `min: …`"),
        .init("service S { m(a: String @length(min: 3, max: 2)): Void }", "2: `min` (3) of `@length` is above"),
        .init("service S { m(a: String @length(min: -1)): Void }", "2: `min` of `@length` is a whole number from 0"),
        .init("service S { m(a: Int @pattern(\"a\")): Void }", "2: `@pattern` is for `String`"),
        .init("service S { m(a: String @pattern(\"(?=a)\")): Void }", "2: no look-around"),
        .init("service S { m(a: String @pattern(\"a{2,1}\")): Void }", "2: counts backwards"),
        .init("service S { m(a: String @pattern(\"(a|b)*a(a|b){20}\")): Void }", "2: it is too large"),
        .init("service S { m(a: String @pattern(\"((((((((a{1000}){1000}){1000})))))))\")): Void }", "2: refused"),
        .init(
            "service S { m(a: String @key(field: \"x\")): Void }",
            "2: `@key` can't stand on an argument; it belongs to a type or a method"),
    ]

    static let decorators: [Rule] = [
        .init("service S { m: Void @filters(\"a > 1\") }", "2: `@filters` is not implemented yet"),
        .init("service S { m: Void @idempotnt }", "2: did you mean `@idempotent`?"),
        .init(
            "service S { m: Void @idempotent(true) }",
            "2: `@idempotent` doesn't take `true` without a name; it takes no arguments"),
        .init("service S { m: Void @idempotent(x: 1) }", "2: `x` isn't an argument of `@idempotent`; it takes none"),
        .init("service S { m: Void @durable(retries: 1, retries: 2) }", "2: given twice"),
        .init(
            "service S { m: Void @durable(retry: 3) }",
            "2: `retry` isn't an argument of `@durable`; did you mean `retries`?"),
        .init("service S { m: Void @durable(retries: 1001) }", "2: a whole number from 0 to 1000"),
        .init("service S { m: Void @durable(timeout: \"0s\") }", "2: from 1ms to 1d"),
        .init("service S { m: Void @durable(timeout: 3) }", "2: a duration in a string"),
        .init("service S { m: Void @durable(backoff: \"exponentiall\") }", "2: did you mean `exponential`?"),
        .init("service S { m: Void @durable(backoff: 3) }", "2: one of"),
        .init("service S { m: Void @durable(timeout: 5s) }", "2: durations and sizes stand in quotes: `\"5s\"`"),
        .init("service S { m: Void @auth }", "2: `@auth` wants the argument `roles`; write `@auth(roles: [\"…\"])`"),
        .init("service S { m: Void @auth(roles: \"admin\") }", "2: a list; write `[\"admin\"]`"),
        .init("service S { m: Void @auth(roles: []) }", "2: at least one string"),
        .init("service S { m: Void @auth(roles: [1]) }", "2: a list of strings"),
        .init("service S { m: Void @deprecated(removeBy: \"soon\") }", "2: `soon` isn't a date"),
        .init(
            "service S { @auth(roles: [\"a\"]) @scheduleOnly m: Void }",
            "2: `@auth` has no meaning beside `@scheduleOnly`"),
        .init("service S { m: Void @batch(maxItems: 3) }", "2: `@batch` is for methods with `@handles`"),
        .init(
            "@state(type: \"T\")\ntype T @key(field: \"a\") { a: ID! }\nservice S { m: Void }",
            "2: `@state` can't stand on a type; it belongs to a service"),
        .init("service S @durable { m: Void }", "2: `@durable` can't stand on a service"),
    ]
}
