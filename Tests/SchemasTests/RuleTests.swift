import Schemas
import Testing

/// One document per rule. The body starts on line 2, behind `@mesh`.
@Suite struct RuleTests {
    struct Rule: Sendable, CustomTestStringConvertible {
        var body: String
        /// `line: part of the message`; each diagnostic must match one and each one must be matched.
        var expected: [String]

        init(_ body: String, _ expected: String...) { (self.body, self.expected) = (body, expected) }

        var testDescription: String { body }
    }

    static let names: [Rule] = [
        .init("type String { a: Int }\nservice S { m: Void }", "2: `String` is a built-in scalar"),
        .init(
            "type A { a: Int }\nenum A { X }\nservice S { m: Void }", "3: `A` is already the name of a type (line 2)"),
        .init("type S { a: Int }\nservice S { m: Void }", "3: `S` is already the name of a type"),
        .init("type __T { a: Int }\nservice S { m: Void }", "2: begin with `__` are reserved"),
        .init("type T { __a: Int }\nservice S { m: Void }", "2: begin with `__` are reserved"),
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

    static let workflows: [Rule] = [
        .init("service S { @workflow m: Void }"),
        .init("service S { @workflow m(id: ID!): Int @durable(retries: 3, timeout: \"2s\") @auth(roles: [\"a\"]) }"),
        .init("service S { @workflow m: Void\n@signal s: Void\n@query q: Int }"),
        .init("service S { @workflow(1) m: Void }", "2: `@workflow` doesn't take the number `1` without a name"),
        .init("service S { @workflow @signal m: Void }", "2: `@signal` can't stand beside `@workflow`"),
        .init("service S { @workflow m: Void\n@signal @query s: Void }", "3: `@query` can't stand beside `@signal`"),
        .init("service S { m: Void\n@signal s: Void }", "3: `s` is a signal, and `S` has no workflow"),
        .init(
            "service S { m: Void\n@query q: Int }",
            "3: `q` is a query, and `S` has no workflow; mark one of its methods with `@workflow`, or remove `@query`: a handler can answer too"
        ),
        .init("service S { @workflow m: Void\n@signal s: Int }", "3: write `Void` instead of `Int`"),
        .init(
            "service S { @workflow m: Void\n@signal @durable s: Void }", "3: `@durable` has no meaning on a signal"),
        .init(
            "service S { @workflow m: Void\n@signal @scheduleOnly s: Void }",
            "3: `@scheduleOnly` has no meaning on a signal"),
        .init(
            "service S { @workflow m: Void\n@query @schedule(cron: \"* * * * *\") q: Int }",
            "3: `@schedule` is for handlers and workflows"),
        .init(
            "type E { id: ID! }\nservice S { @workflow m: Void\n@emits(event: \"a.b\", key: \"id\") @workflow e(event: E!): Void }",
            "4: `@workflow` has no meaning on `e`"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") @workflow f(event: E!): Void }",
            "4: `@workflow` is for calls, and `f` takes events"),
        .init("service S @workflow { m: Void }", "2: `@workflow` can't stand on a service"),
    ]

    static let schedules: [Rule] = [
        .init("service S { @schedule(cron: \"*/5 8-18/2 1,15 jan-mar mon-fri\") m(a: Int): Void }"),
        .init("service S { @schedule(\"0 0 * * 7\") m: Void }"),
        .init(
            "service S { @workflow @schedule(cron: \"0 3 * * *\", timezone: \"Europe/Berlin\", overlap: \"cancel\", catchUp: \"1h\") m: Void }"
        ),
        .init("service S { @schedule m: Void }", "2: `@schedule` wants the argument `cron`"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", overlap: \"cancel\") m: Void }",
            "2: `m` is a handler, which can't be cancelled; write `skip` or `allow`"),
        .init("service S { @schedule(cron: \"* * * *\") m: Void }", "2: it has 4 fields, and wants five"),
        .init("service S { @schedule(cron: \"@daily\") m: Void }", "2: it has 1 field, and wants five"),
        .init(
            "service S { @schedule(cron: \"60 * * * *\") m: Void }",
            "2: the minute 60 is out of range; it goes from 0 to 59"),
        .init("service S { @schedule(cron: \"* 24 * * *\") m: Void }", "2: the hour 24 is out of range"),
        .init(
            "service S { @schedule(cron: \"* * 0 * *\") m: Void }", "2: the day 0 is out of range; it goes from 1 to 31"
        ),
        .init("service S { @schedule(cron: \"* * * foo *\") m: Void }", "2: `foo` isn't a month"),
        .init(
            "service S { @schedule(cron: \"* * * * 8\") m: Void }",
            "2: the weekday 8 is out of range; it goes from 0 to 7"),
        .init(
            "service S { @schedule(cron: \"* * * * fri-mon\") m: Void }", "2: `fri-mon` of the weekday counts backwards"
        ),
        .init("service S { @schedule(cron: \"*/0 * * * *\") m: Void }", "2: `*/0` isn't a step of the minute"),
        .init("service S { @schedule(cron: \"5/10 * * * *\") m: Void }", "2: write `5-59/10`"),
        .init("service S { @schedule(cron: \"1,,2 * * * *\") m: Void }", "2: `` isn't a minute"),
        .init("service S { @schedule(cron: \"0 0 30 2 *\") m: Void }", "2: so that it would never fire"),
        .init("service S { @schedule(cron: \"0 0 30 2 mon\") m: Void }"),
        .init("service S { @schedule(cron: \"0 0 29 2 *\") m: Void }"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", timezone: \"Berlin\") m: Void }",
            "2: there is no time zone `Berlin`; did you mean `Europe/Berlin`?"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", timezone: \"+01:00\") m: Void }",
            "2: there is no time zone `+01:00`; write a name of the IANA database"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", overlap: \"skipp\") m: Void }", "2: did you mean `skip`?"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", catchUp: \"31d\") m: Void }", "2: from 0s to 30d"),
        .init(
            "service S { @schedule(cron: \"* * * * *\") m(day: Date!): Void }",
            "2: `m` is called without arguments by its schedule, and `day` is needed; write `day: Date`"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") @schedule(cron: \"* * * * *\") f(event: E!): Void }",
            "4: `@schedule` is for calls, and `f` takes events"),
    ]

    static let attributes: [Rule] = [
        .init(
            "enum C { A }\ntype T @key(field: \"id\") { id: ID! @attribute  c: C @attribute  n: Int! @min(0) @attribute }\nservice S @state(type: \"T\") { @workflow m: Void }"
        ),
        .init(
            "type T @key(field: \"id\") { id: ID!  l: [Int] @attribute }\nservice S @state(type: \"T\") { @workflow m: Void }",
            "2: `@attribute` makes a column to search by, and `l` is `[Int]`"),
        .init(
            "type T @key(field: \"id\") { id: ID!  l: JSON @attribute }\nservice S @state(type: \"T\") { @workflow m: Void }",
            "2: `@attribute` makes a column to search by, and `l` is `JSON`"),
        .init(
            "type T @key(field: \"id\") { id: ID! @attribute }\nservice S @state(type: \"T\") { m: Void }",
            "2: `@attribute` is for the state of a service with workflows, and `T` is none"),
        .init("service S { @workflow m(a: ID! @attribute): Void }", "2: `@attribute` can't stand on an argument"),
    ]

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

    static let bounds: [Rule] = [
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") f(event: E!): Void\n@handles(event: \"a.b\") g(event: E!): Void }",
            "5: `S` handles `a.b` already (line 4), and gets each event once"),
        .init(
            "service S { " + (0..<2100).map { "m\($0 % 450)_\($0): Void" }.joined(separator: " ") + " }",
            "1: the schema has 2100 methods in all; at most 2000 fit", "2: `S` has more than 500 methods"),
        .init(
            "type T { " + (0..<501).map { "f\($0): String @pattern(\"a{\($0)}\")" }.joined(separator: " ")
                + " }\nservice S { m(t: T): Void }",
            "2: `T` has more than 500 fields", "2: the schema has more than 500 different patterns"),
    ]

    static let syntax: [Rule] = [
        .init("service S { m Void }", "2: expected `:` and the type of `m`, found `Void`"),
        .init("service S { m: }", "2: expected the type of `m`, found `}`"),
        .init("service S { m(a: [Int): Void }", "2: expected `]`"),
        .init("service S { m(a: Int: Void }", "2: expected `)` or another argument of `m`"),
        .init("service S { m: Void", "2: the `{` of `S` is never closed"),
        .init(
            "type T { a: Int\nservice S { m: Void }",
            "2: the `{` of `T` is never closed; add `}` before `service` on line 3"),
        .init("type T { a: Int } }\nservice S { m: Void }", "2: `}` closes nothing"),
        .init("type T { a(b: Int): Int }\nservice S { m: Void }", "2: a field has no arguments"),
        .init("type T { a: Int = 3 }\nservice S { m: Void }", "2: default values aren't part"),
        .init("type T implements N { a: Int }\nservice S { m: Void }", "2: interfaces aren't part"),
        .init(
            "union U = A | B\nservice S { m: Void }", "2: `union` isn't part of the schema language",
            "2: `|` can't stand here"),
        .init("enum E { A: Int }\nservice S { m: Void }", "2: an enum's values have no type"),
        .init("service S { m: Void };", "2: `;` can't stand here; members are separated"),
        .init("service S { m: Void @deprecated(reason: 'x') }", "2: strings stand in double quotes"),
        .init("// no\nservice S { m: Void }", "2: a comment starts with `#`", "2: `no` isn't a definition"),
        .init("service S { m: Void @deprecated(reason: \"\\q\") }", "2: isn't an escape of a string"),
        .init("service S { m: Void @deprecated(reason: \"\\ud800\") }", "2: four hexadecimal digits"),
        .init("service S { m(a: Int @min(01)): Void }", "2: `01` isn't a number"),
        .init("service S { m(a: Int @min(1x)): Void }", "2: `1x` isn't a number"),
        .init("service S { m: Void @ idempotent }"),
        .init("service S { m: Void @(x) }", "2: expected the name of a decorator"),
        .init("\"lost\"", "2: expected `type`, `enum` or `service`, found the end of the file"),
        .init(
            "scalar Money\nevent Placed { id: ID! }\nservice S { m: Void }",
            "2: `scalar` isn't part of the schema language",
            "3: `event` isn't a definition; an event is declared by a service's method"),
        .init("service { m: Void }", "2: expected the name of the service"),
        .init("type 3T { a: Int }\nservice S { m: Void }", "2: `3T` isn't a number, and names begin with a letter"),
        .init(
            "service S {\n  m: Void @deprecated(reason: \"never ends)\n  n: Nope\n}\nservice T { o: Nix }",
            "3: this string never ends", "4: there is no type `Nope`", "6: there is no type `Nix`"),
        .init(
            "service S { m: Void @deprecated(reason: \"never ends) }\nservice T { o: Nix }",
            "2: this string never ends",
            "3: there is no type `Nix`"),
        .init("\"\"\"never\nservice S { m: Nope }", "2: this block string never ends"),
        .init("service S { m: Nope }\n\"\"\"never\ntype Nope { a: Int }", "3: this block string never ends"),
        .init("service S m: Void }", "2: expected `{` after `service S`"),
        .init(
            "service S { m(a: \(String(repeating: "[", count: 40))Int\(String(repeating: "]", count: 40))): Void }",
            "2: lists nest at most 16 deep"),
        .init(
            "service S { m: Void @auth(roles: \(String(repeating: "[", count: 4000))) }",
            "2: values nest at most 16 deep"),
        .init(
            "type T {\n  a: \n  b: Strin!\n  c Int\n  d: Nope!\n}\nservice S { m(t: T): Void }",
            "3: expected the type of `a`, found `b`", "4: there is no type `Strin`", "5: expected `:`",
            "6: there is no type `Nope`"),
        .init(
            "type T {\n  a: [Int\n  b: Strin!\n}\nservice S { n(): Int  m(t: U): Void }\ntyp U { x: Nix }",
            "3: expected `]`", "4: there is no type `Strin`", "7: did you mean `type`?", "7: there is no type `Nix`"),
    ]

    @Test(
        arguments: names + constraints + decorators + workflows + schedules + attributes + keys + events + bounds
            + syntax)
    func `a broken rule is reported once, where it is broken`(rule: Rule) {
        let found = errors(in: rule.body)
        for expected in rule.expected {
            let line = expected.prefix { $0 != ":" } + ":"
            let part = expected.dropFirst(line.count + 1)
            #expect(found.contains { $0.hasPrefix(line) && $0.contains(part) }, "\(expected) is not among \(found)")
        }
        #expect(found.count == rule.expected.count, "\(found)")
    }

    @Test(arguments: [
        ("", "2: the document has no identity"),
        ("@mesh(namespace: \"t\")", "1: wants the argument `version`"),
        ("@mesh(namespace: \"t\", version: \"1.0.0-beta\")", "1: isn't a version"),
        ("@mesh(namespace: \"t\", version: 1)", "1: `version` of `@mesh` is a string"),
        ("@mesh(namespace: \"T\", version: \"1\")", "1: isn't a namespace"),
        ("@mesh(namespace: \"\", version: \"1\")", "1: isn't a namespace"),
        ("@mesh(namespace: \"mesh\", version: \"1\")", "1: reserved"),
        ("@mesh(namespace: \"a..b\", version: \"1\")", "1: isn't a namespace"),
        (
            "@mesh(namespace: \"t\", version: \"1\") @mesh(namespace: \"t\", version: \"1\")",
            "1: `@mesh` stands here twice"
        ),
    ])
    func `an identity is needed and checked`(identity: String, expected: String) {
        let found = errors(in: "service S { m: Void }", identity: identity + "\n")
        #expect(found.count == 1)
        let line = expected.prefix(2)
        #expect(
            found.first?.hasPrefix(line) == true && found.first?.contains(expected.dropFirst(3)) == true, "\(found)")
    }

    @Test func `two identities must agree`() {
        let found = errors(
            in:
                "service A @mesh(namespace: \"u\", version: \"1.0.0\") { m: Void }\nservice B @mesh(namespace: \"t\", version: \"1.0\") { m: Void }"
        )
        #expect(found.count == 1)
        #expect(found.first?.contains("a schema has one identity") == true)
    }

    @Test func `errors are bounded, and the last one says how many follow`() {
        let fields = (0..<500).map { "f\($0): Nope\($0)" }.joined(separator: "\n")
        let found = errors(in: "type T {\n\(fields)\n}\nservice S { m(t: T): Void }")
        #expect(found.count == SchemaCompiler.maximumErrors + 1)
        #expect(found.last?.contains("400 more errors follow") == true)
    }

    @Test func `a document that is too large is refused before it is read`() {
        let found = errors(in: String(repeating: "# nothing to see\n", count: 100_000))
        #expect(found.count == 1)
        #expect(found.first?.contains("at most 1048576 are read") == true)
    }

    @Test func `bytes that are not UTF-8 are reported at their place`() {
        let bytes =
            Array("@mesh(namespace: \"t\", version: \"1\")\nservice S { m: Void } # ".utf8) + [0xC3, 0x28, 0x0A]
        let found = SchemaCompiler.compile([SchemaSource(path: "x", bytes: bytes)]).diagnostics
        #expect(found.count == 1)
        #expect(found.first?.location.line == 2 && found.first?.location.column == 25)
        #expect(found.first?.description.hasPrefix("x:2:25: error: ") == true)
    }

    @Test func `columns count characters, lines any line break`() {
        let text = "\u{FEFF}@mesh(namespace: \"t\", version: \"1\")\r\n# ü\rservice S { \"ü😀\" m: Nope }"
        let found = SchemaCompiler.compile([SchemaSource(path: "x", text: text)]).diagnostics
        #expect(found.map { "\($0.location.line):\($0.location.column)" } == ["3:21"])
    }
}
