import Postgres
import Schemas
import Testing

/// Numbers as Postgres keeps them: `jsonb` writes them out, and what it writes is read as a value again.
@Suite struct NumberTests {
    private static let numbers =
        [
            "0", "-0", "0e99999", "0e-500", "-0.000E+5", "1e70", "-1e70", "1e308", "-1.7976931348623157e308", "5e-324",
            "-2.2250738585072014e-308", "4.9406564584124654e-324", "1e-70", "100e-3", "1.50e1", "123456.789E-2",
            "1.00e300",
        ] + [
            String(repeating: "7", count: 60), "-0." + String(repeating: "7", count: 60),
            // The longest that were accepted when 64 characters were.
            String(repeating: "7", count: 59) + "e-381", "0." + String(repeating: "7", count: 57) + "e308",
            String(repeating: "7", count: 309).replacing("77", with: "10", maxReplacements: 1),
            "0." + String(repeating: "7", count: 510),
        ]

    @Test func `a number that is accepted is accepted as Postgres gives it back`() async throws {
        let source = SchemaSource(
            path: "test",
            text: """
                @mesh(namespace: "n", version: "1.0.0")
                type T { v: Float!  any: JSON! }
                service S { m(t: T): Void }
                """)
        let schema = try #require(SchemaCompiler.compile([source]).schema)
        let shape = try #require(ValueShape.type("T", in: schema))
        try await withStore { _, pool in
            for number in Self.numbers {
                let written = #"{"v": \#(number), "any": [\#(number)]}"#
                try shape.validate(Array(written.utf8))
                let kept = try #require(try await pool.value("SELECT '\(written)'::jsonb"))
                try shape.validate(Array(kept.utf8))
                let again = try await pool.value("SELECT '\(kept)'::jsonb")
                #expect(again == kept)
            }
        }
    }
}
