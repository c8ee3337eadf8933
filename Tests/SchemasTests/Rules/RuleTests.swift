import Schemas
import Testing

/// One document per rule, and documents that are no document.
@Suite struct RuleTests {
    @Test(
        arguments: Rule.names + Rule.constraints + Rule.decorators + Rule.workflows + Rule.schedules + Rule.attributes
            + Rule.keys + Rule.events + Rule.bounds + Rule.syntax)
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
