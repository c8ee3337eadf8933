internal import MeshCore
internal import Outbox
@testable internal import Schemas

extension FuzzTarget {
    /// A document compiles or is refused with errors that stand in it; what compiles renders to a document of the same meaning.
    static let schema = FuzzTarget(
        "schema", "schema documents: lexer, parser, checker, renderers, compatibility",
        seeds: [
            "@mesh(namespace: \"t\", version: \"1\")\ntype A @key(field: \"id\") { id: ID! }\nservice S @state(type: \"A\") { m(id: ID!): A }",
            "\"\"\"\n block\n\"\"\"\n@mesh(namespace: \"a.b\", version: \"v1\") enum E { A B } type T { e: [E!]! @length(min: 1, max: 3) }",
            "service X @mesh(namespace: \"n\", version: \"1.0.0\") { @schedule(cron: \"0 6 * * *\") @scheduleOnly go: Void @durable(retries: 1, timeout: \"999999999d\", backoff: \"fixed\") }",
        ], bytes: Corpus.schemas
    ) { input in
        let compilation = SchemaCompiler.compile([SchemaSource(path: "f", bytes: input)])
        try require(
            compilation.diagnostics.count <= SchemaCompiler.maximumErrors + 1, "\(compilation.diagnostics.count) errors"
        )
        let lines = input.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } + 1
        for diagnostic in compilation.diagnostics {
            try require(
                (1...lines + 1).contains(diagnostic.location.line),
                "an error on line \(diagnostic.location.line) of \(lines)")
        }
        guard let schema = compilation.schema else {
            return try require(!compilation.diagnostics.isEmpty, "refused without an error")
        }
        let rendered = SDLRenderer.render(schema)
        let again = SchemaCompiler.recompile(SchemaSource(path: "r", text: rendered))
        guard let second = again.schema else {
            throw FuzzFinding(description: "what was rendered doesn't compile: \(again.diagnostics)\n\(rendered)")
        }
        try require(SDLRenderer.render(second) == rendered, "rendering isn't stable:\n\(rendered)")
        try require(Compatibility.check(from: schema, to: second).isEmpty, "not compatible with itself:\n\(rendered)")
        for form in SchemaForm.allCases where form.isJSON {
            try require((try? JSONReader.read(form.render(schema))) != nil, "\(form) isn't JSON:\n\(rendered)")
        }
        _ = TypeScriptRenderer.render(schema)
        _ = try? SwiftRenderer.render(schema, origin: "f")
    }

    /// Text against a regular expression of a schema: refused, or linear.
    static let pattern = FuzzTarget(
        "pattern", "regular expressions of @pattern, and texts that are matched",
        seeds: ["a+\naaa", "^\\d{2,4}[^x-z]|é?$\n1234", "(a|b)*c{0,9}\nababc", "[\\w\\-]{1,20}\n-"]
    ) { input in
        var reader = Reader(input)
        // Up to the product's limits a pattern costs milliseconds: every sixteenth goes there, the others take the same way sooner.
        let limits =
            input.count % 16 == 0 ? Pattern.Limits() : Pattern.Limits(transitions: 4096, states: 500, work: 5000)
        guard let pattern = try? Pattern(reader.text(), limits: limits) else { return }
        while !reader.isAtEnd { _ = pattern.matches(reader.text()) }
    }

    /// The small languages within schemas: durations, sizes, decimals, dates.
    static let text = FuzzTarget(
        "text", "durations, sizes, decimals, dates, versions",
        seeds: [
            "1h30m", "400ms", "P2DT1H", "PT0.25S", "-PT1S", "1.50", "-0", "2026-11-21T13:05:00+03:30", "24:00:00",
            "4MB", "1.2.0", "v1", "999999999d",
        ]
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        if let duration = DurationText.parse(text), DecoratorCatalogue.durations.contains(duration) {
            let rendered = DurationText.render(duration)
            try require(DurationText.parse(rendered) != nil, "\(text) becomes \(rendered)")
        }
        _ = ByteCountText.parse(text)
        _ = ISO8601.isDate(input)
        _ = ISO8601.isTime(input)
        _ = ISO8601.isDateTime(input)
        if let decimal = DecimalText(text) { try require(decimal == decimal, "\(text) isn't itself") }
        _ = SemanticVersion(text)
        _ = WorkflowOperation(text)
    }
}
