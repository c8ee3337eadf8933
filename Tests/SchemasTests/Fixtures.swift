import Schemas
import Testing

/// Compiles `body` behind an identity; fails the test where it isn't accepted.
func schema(
    _ body: String, identity: String = "@mesh(namespace: \"t\", version: \"1.0.0\")\n", against: [MeshSchema] = [],
    _ place: Testing.SourceLocation = #_sourceLocation
) throws -> MeshSchema {
    let compilation = SchemaCompiler.compile(
        [SchemaSource(path: "t.mesh.graphql", text: identity + body)], against: against)
    #expect(compilation.diagnostics.map(\.description) == [], sourceLocation: place)
    return try #require(compilation.schema, sourceLocation: place)
}

/// The errors of `body`, which starts on line 2, as `line: message`.
func errors(
    in body: String, identity: String = "@mesh(namespace: \"t\", version: \"1.0.0\")\n", against: [MeshSchema] = []
) -> [String] {
    SchemaCompiler.compile([SchemaSource(path: "t", text: identity + body)], against: against)
        .diagnostics.map { "\($0.location.line): \($0.message)" }
}

/// A random number generator that can be started again: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(1, bound), using: &self) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
