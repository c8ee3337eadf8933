/// Bounds and syntax.
extension Rule {
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
}
