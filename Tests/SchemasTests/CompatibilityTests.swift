import Schemas
import Testing

@Suite struct CompatibilityTests {
    struct Change: Sendable, CustomTestStringConvertible {
        var before: String
        var after: String
        /// Parts of the descriptions, in order; empty where nobody notices.
        var expected: [String]

        init(_ before: String, _ after: String, _ expected: String...) {
            (self.before, self.after, self.expected) = (before, after, expected)
        }

        var testDescription: String { "\(before) → \(after)" }
    }

    static let calls: [Change] = [
        .init("service S { m: Void }", "service S { \"Doc.\" m: Void }"),
        .init("service S { m: Void n: Void }", "service S { n: Void m: Void }"),
        .init(
            "service S { m: Void } service R { m: Void }", "service S { m: Void }",
            "breaking for callers: t.R: the service is gone"),
        .init(
            "service S { m: Void }", "service S { m: Void n: Int }", "compatible for callers: t.S/n: the method is new"),
        .init(
            "service S { m: Void n: Int }", "service S { m: Void }", "breaking for callers: t.S/n: the method is gone"),
        .init("service S { m(a: Int!): Void }", "service S { m(a: Int): Void }"),
        .init(
            "service S { m(a: Int): Void }", "service S { m(a: Int!): Void }",
            "breaking for callers: t.S/m: calls of the old form are refused: `a` can be null"),
        .init(
            "service S { m: Void }", "service S { m(a: Int): Void }",
            "compatible for callers: t.S/m: the argument `a` is new and may be left out"),
        .init("service S { m: Void }", "service S { m(a: Int!): Void }", "`a` is required and not sent"),
        .init("service S { m(a: Int): Void }", "service S { m: Void }", "`a` can be sent and isn't known any more"),
        .init(
            "service S { m(a: Int!): Void }", "service S { m(a: Long!): Void }",
            "`a` is sent as `Int!` and read as `Long!`"),
        .init("service S { m(a: Int!): Void }", "service S { m(a: Float!): Void }"),
        .init("service S { m(a: UUID!): Void }", "service S { m(a: ID!): Void }"),
        .init("service S { m(a: Int! @min(1)): Void }", "service S { m(a: Int! @min(0)): Void }"),
        .init(
            "service S { m(a: Int! @min(1)): Void }", "service S { m(a: Int! @min(2)): Void }",
            "`a` is read with `@min(2)`, and less can be sent"),
        .init(
            "service S { m(a: String!): Void }", "service S { m(a: String! @length(max: 9)): Void }", "@length(max: 9)"),
        .init("service S { m(a: Bytes! @length(max: 3)): Void }", "service S { m(a: String! @length(max: 4)): Void }"),
        .init(
            "service S { m(a: Bytes! @length(max: 4)): Void }", "service S { m(a: String! @length(max: 7)): Void }",
            "@length(max: 7)`, and more can be sent"),
        .init("service S { m(a: Bytes! @length(max: 4)): Void }", "service S { m(a: String! @length(max: 8)): Void }"),
        .init(
            "service S { m(a: Bytes! @length(max: 9)): Void }", "service S { m(a: String! @length(max: 9)): Void }",
            "@length(max: 9)`, and more can be sent"),
        .init("service S { m(a: Bytes! @length(min: 4)): Void }", "service S { m(a: String! @length(min: 8)): Void }"),
        .init(
            "service S { m(a: Bytes! @length(min: 3)): Void }", "service S { m(a: String! @length(min: 5)): Void }",
            "@length(min: 5)`, and less can be sent"),
        .init(
            "service S { m(a: Bytes!): Void }", "service S { m(a: String! @length(min: 1)): Void }", "less can be sent"),
        .init("service S { m(a: Bytes! @length(max: 9)): Void }", "service S { m(a: Bytes! @length(max: 9)): Void }"),
        .init(
            "service S { m(a: [Bytes!]! @length(max: 9)): Void }",
            "service S { m(a: [String!]! @length(max: 9)): Void }"),
        .init("service S { m(a: ID!): Void }", "service S { m(a: ID! @length(min: 1)): Void }"),
        .init(
            "service S { m(a: ID!): Void }", "service S { m(a: ID! @length(min: 2)): Void }",
            "@length(min: 2)`, and less can be sent"),
        .init("service S { m(a: ID): Void }", "service S { m(a: ID @length(min: 1)): Void }"),
        .init("service S { m(a: UUID!): Void }", "service S { m(a: String! @length(min: 1)): Void }"),
        .init(
            "service S { m(a: [ID!]!): Void }", "service S { m(a: [ID!]! @length(min: 1)): Void }",
            "@length(min: 1)`, and less can be sent"),
        .init(
            "service S { m(a: String!): Void }", "service S { m(a: String! @pattern(\"x\")): Void }",
            "another `@pattern`"),
        .init("enum E { A } service S { m(e: E): Void }", "enum E { A B } service S { m(e: E): Void }"),
        .init(
            "enum E { A B } service S { m(e: E): Void }", "enum E { A } service S { m(e: E): Void }", "`e` can be `B`"),
        .init(
            "enum E { A } service S { m: E }", "enum E { A B } service S { m: E }",
            "callers of the old form can't read its answer: `answer` can be `B`"),
        .init("type T { a: Int } service S { m: T }", "type T { a: Int b: Int } service S { m: T }"),
        .init(
            "type T { a: Int! } service S { m: T }", "type T { a: Int } service S { m: T }", "`answer.a` can be null"),
        .init("type T { a: T } service S { m(t: T): T }", "type U { a: U } service S { m(t: U): U }"),
        .init(
            "type T { a: Int x: X! } type X { y: Int! } service S { m(t: [T]): Void }",
            "type T { a: Int x: X! } type X { y: String! } service S { m(t: [T]): Void }",
            "`t[].x.y` is sent as `Int!` and read as `String!`"),
        .init("service S { m: Void }", "service S { m: Int }", "compatible for callers: t.S/m: it answers `Int` now"),
        .init(
            "service S { m: Int }", "service S { m: Void }",
            "breaking for callers: t.S/m: it doesn't answer `Int` any more"),
        .init(
            "type T { a: Int } service S { m: T }", "type T { a: Int } service S { m: [T] }",
            "it answers `[T]` instead of `T`"),
        .init("service S { m: Void }", "service S { @scheduleOnly m: Void }", "can't be called"),
        .init(
            "service S { @scheduleOnly m: Void }", "service S { m: Void }", "compatible for callers: t.S/m: it isn't"),
        .init("service S { @idempotent m: Void }", "service S { m: Void }", "isn't `@idempotent` any more"),
        .init("service S { m: Void }", "service S { @auth(roles: [\"a\"]) m: Void }", "wants one of the roles `a`"),
        .init(
            "service S { @auth(roles: [\"a\"]) m: Void }", "service S { @auth(roles: [\"a\", \"b\"]) m: Void }",
            "compatible for callers: t.S/m: callers with one of the roles `a`, `b` may call it now"),
        .init(
            "service S { @auth(roles: [\"a\", \"b\"]) m: Void }", "service S { @auth(roles: [\"b\", \"a\"]) m: Void }"),
        .init(
            "service S { @auth(roles: [\"a\", \"b\"]) m: Void }", "service S { @auth(roles: [\"b\"]) m: Void }",
            "wants one of the roles `b`"),
        .init(
            "service S { @auth(roles: [\"a\"]) m: Void }", "service S { m: Void }",
            "compatible for callers: t.S/m: anybody may call it now"),
        .init(
            "service S { m(a: ID!): Void }", "service S { @key(field: \"a\") m(a: ID!): Void }",
            "breaking for stored state: t.S/m: its key is now `a`"),
        .init(
            "service S { m: Void }", "service S { @deprecated m: Void }",
            "compatible for callers: t.S/m: it is deprecated now"),
    ]

    static let workflows: [Change] = [
        .init(
            "service S { m: Void }", "service S { @workflow m: Void }",
            "breaking for callers: t.S/m: it is a workflow now instead of a handler"),
        .init(
            "service S { @workflow m: Void }", "service S { m: Void }",
            "breaking for workflows: t.S/m: it is a handler now instead of a workflow"),
        .init(
            "service S { @workflow m: Void @signal s: Void }", "service S { @workflow m: Void }",
            "breaking for workflows: t.S/s: the signal is gone, and workflows that wait for it can't get it"),
        .init(
            "service S { @workflow m: Void @workflow n: Void }", "service S { @workflow m: Void }",
            "breaking for workflows: t.S/n: the workflow is gone; those that run stay on their digest"),
        .init(
            "service S { @workflow m: Void @query q: Int }", "service S { @workflow m: Void }",
            "breaking for callers: t.S/q: the method is gone"),
        .init(
            "service S { @workflow m: Void }", "service S { @workflow m: Void @signal s(by: String!): Void }",
            "compatible for callers: t.S/s: the method is new"),
        .init(
            "service S { @workflow m: Void @signal s(by: String): Void }",
            "service S { @workflow m: Void @signal s(by: String!): Void }", "breaking for callers: t.S/s"),
        .init(
            "service S { @workflow m: Void @signal s: Void }", "service S { @workflow m: Void @signal s: Int }",
            "breaking for workflows: t.S/s: the workflow's code answers it now, and workflows that run on former packages answer `{}`",
            "compatible for callers: t.S/s: it answers `Int` now"),
        .init(
            "service S { @workflow m: Void }", "service S { @workflow m: Int }",
            "breaking for workflows: t.S/m: it has a result now, and those that run on former packages answer `{}`",
            "compatible for callers: t.S/m: it answers `Int` now"),
        .init(
            "type T { a: Int } service S { m: T }", "type T { a: Int value: String } service S { m: T! }",
            "breaking for callers: t.S/m: `T` has a field `value` now, by which callers of the old form know the answer null"
        ),
        .init(
            "type T { a: Int value: String } service S { m: T! }",
            "type T { a: Int value: String b: Int } service S { m: T! }"),
        .init(
            "service S { @workflow m: Void @signal s: Int }", "service S { @workflow m: Void @signal s: Void }",
            "breaking for callers: t.S/s: it doesn't answer `Int` any more"),
        .init(
            "service S { m: Void }", "service S { @schedule(cron: \"0 3 * * *\") m: Void }",
            "compatible for callers: t.S/m: it is scheduled by `0 3 * * *` (UTC) now"),
        .init(
            "service S { @schedule(cron: \"0 3 * * *\") m: Void }", "service S { m: Void }",
            "compatible for callers: t.S/m: it isn't scheduled any more"),
        .init(
            "type O @key(field: \"id\") { id: ID! n: Int @attribute } service S @state(type: \"O\") { @workflow m: Void }",
            "type O @key(field: \"id\") { id: ID! n: Int } service S @state(type: \"O\") { @workflow m: Void }",
            "breaking for workflows: t.S: `O.n` isn't an `@attribute` any more"),
    ]

    static let state: [Change] = [
        .init(
            "type O @key(field: \"id\") { id: ID! } service S @state(type: \"O\") { m: Void }",
            "type O @key(field: \"id\") { id: ID! n: Int } service S @state(type: \"O\") { m: Void }",
            "compatible for stored state: t.S: `O.n` is new, and null in what is stored"),
        .init(
            "type O @key(field: \"id\") { id: ID! } service S @state(type: \"O\") { m: Void }",
            "type O @key(field: \"id\") { id: ID! n: Int! } service S @state(type: \"O\") { m: Void }",
            "breaking for stored state: t.S: stored state can't be read as `O`: `n` is required"),
        .init(
            "type O @key(field: \"id\") { id: ID! n: Int } service S @state(type: \"O\") { m: Void }",
            "type O @key(field: \"id\") { id: ID! } service S @state(type: \"O\") { m: Void }",
            "`n` can be sent and isn't known any more"),
        .init(
            "type O @key(field: \"id\") { id: ID! x: ID! } service S @state(type: \"O\") { m: Void }",
            "type O @key(field: \"x\") { id: ID! x: ID! } service S @state(type: \"O\") { m: Void }",
            "the key of its state is now `x` instead of `id`"),
        .init(
            "type O @key(field: \"id\") { id: ID! } service S @state(type: \"O\") { m: Void }",
            "type O { id: ID! } service S { m: Void }", "doesn't keep state any more"),
        .init(
            "type O @key(field: \"id\") { id: ID! } service S { m: Void }",
            "type O @key(field: \"id\") { id: ID! } service S @state(type: \"O\") { m: Void }",
            "it keeps state of the type `O` now"),
    ]

    private static let emitter =
        "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void }"

    static let events: [Change] = [
        .init(
            emitter, "type E { id: ID! n: Int! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void }",
            "compatible for callers: e.e: who publishes it from outside in the old form is refused: `n` is required"),
        .init(
            emitter,
            "type E { id: ID! n: Int! } service R { m: Void } service S { @emits(event: \"e.e\", key: \"id\") renamed(event: E!): Void }",
            "compatible for callers: t.R: the service is new", "who publishes it from outside"),
        .init(
            emitter, "service S { m: Void }", "breaking for handlers: e.e: nobody emits it any more",
            "compatible for callers: t.S/m: the method is new"),
        .init(
            emitter, "type E { id: Int! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void }",
            "handlers of the old form can't read it: `id` is sent as `Int!`", "who publishes it from outside"),
        .init(
            emitter, "type E { id: ID! } service S { @emits(event: \"e.e\") e(event: E!): Void }",
            "its key is now its own id instead of `id`"),
        .init(
            emitter,
            "type E { id: ID! n: Int! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\") h(event: E!): Void }",
            "events that wait in the topic can't be read as `E`: `n` is required", "who publishes it from outside"),
        .init(
            emitter,
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @emits(event: \"e.f\", key: \"id\") f(event: E!): Void }",
            "compatible for handlers: e.f: the event is new"),
        .init(
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\") h(event: E!): Void }",
            emitter, "compatible for handlers: t.S/h: the service doesn't handle `e.e` any more"),
        .init(
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\") h(event: E!): Void }",
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void h(event: E!): Void }",
            "compatible for handlers: t.S/h: the service doesn't handle `e.e` any more",
            "compatible for callers: t.S/h: the method is new"),
        .init(
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\") h(event: E!): Void }",
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void h(event: E!): Void @handles(event: \"e.e\") on(event: E!): Void }",
            "compatible for callers: t.S/h: the method is new"),
        .init(
            "type E { id: ID! a: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\", key: \"a\") h(event: E!): Void }",
            "type E { id: ID! a: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\") on(event: E!): Void }",
            "breaking for stored state: t.S/h: the key of its state is now the event's key"),
        .init(
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\") h(event: E!): Void }",
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") e(event: E!): Void @handles(event: \"e.e\", key: \"id\") h(event: E!): Void }"
        ),
        .init(
            "service S { m: Void }",
            "type E { id: ID! } service S { @emits(event: \"e.e\", key: \"id\") m(event: E!): Void }",
            "breaking for callers: t.S/m: it can't be called any more", "compatible for handlers: e.e: the event is new"
        ),
    ]

    @Test(arguments: calls + workflows + state + events)
    func `a change is breaking or compatible, and says for whom`(change: Change) throws {
        let found = Compatibility.check(from: try schema(change.before), to: try schema(change.after)).map(
            \.description)
        #expect(found.count == change.expected.count, "\(found)")
        for (description, expected) in zip(found, change.expected) { #expect(description.contains(expected)) }
    }

    @Test(
        arguments: [(nil, .breaking), (["e.e"], .breaking), (["f.f"], .compatible), ([], .compatible)]
            as [(Set<String>?, CompatibilityChange.Severity)])
    func `an event that isn't emitted any more breaks who hears it`(
        heard: Set<String>?, severity: CompatibilityChange.Severity
    ) throws {
        let found = Compatibility.check(
            from: try schema(Self.emitter), to: try schema("service S { m: Void }"), heard: heard)
        #expect(found.filter { $0.subject == "e.e" }.map(\.severity) == [severity])
    }

    @Test func `a break is admitted by a major version, or a minor one before 1`() {
        #expect(Compatibility.admitsBreak(from: SemanticVersion(1, 2), to: SemanticVersion(2)))
        #expect(!Compatibility.admitsBreak(from: SemanticVersion(1, 2), to: SemanticVersion(1, 3)))
        #expect(Compatibility.admitsBreak(from: SemanticVersion(0, 1), to: SemanticVersion(0, 2)))
        #expect(!Compatibility.admitsBreak(from: SemanticVersion(0, 1, 1), to: SemanticVersion(0, 1, 2)))
        #expect(!Compatibility.admitsBreak(from: SemanticVersion(2), to: SemanticVersion(1)))
    }

    @Test func `another namespace is another schema`() throws {
        let one = try schema("service S { m: Void }")
        let two = try schema("service S { m: Void }", identity: "@mesh(namespace: \"u\", version: \"1\")\n")
        #expect(Compatibility.check(from: one, to: two).map(\.severity) == [.breaking])
    }
}
