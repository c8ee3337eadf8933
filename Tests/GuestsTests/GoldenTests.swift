import Foundation
import Schemas
import Testing

@testable import Guests

enum Golden {
    static let directory = Checkout.root + "/Tests/GuestsTests/Golden"
}

@Suite struct GeneratedSource {
    /// The examples' generated sources are golden output too: they are compiled and run by the examples' tests.
    @Test(arguments: [
        ("Tests/GuestsTests/Golden/awkward.mesh.graphql", "Tests/GuestsTests/Golden/awkward.swift.txt"),
        ("Examples/shop/shop.mesh.graphql", "Examples/shop/Sources/Shop/Generated/ShopSchema.swift"),
        ("Examples/counter/counter.mesh.graphql", "Examples/counter/Sources/Counter/Generated/CounterSchema.swift"),
    ]) func `the generated source is the one that is checked in`(schema: String, golden: String) throws {
        let name = String(schema.split(separator: "/").last ?? "")
        let text = try String(contentsOfFile: "\(Checkout.root)/\(schema)", encoding: .utf8)
        let document = try GuestSchemaDocument.compile([SchemaSource(path: name, text: text)])
        let generated = try SwiftRenderer.render(document.schema, origin: document.origin)
        let path = "\(Checkout.root)/\(golden)"
        if ProcessInfo.processInfo.environment["WASMESH_UPDATE_GOLDEN"] != nil {
            try SourceFiles.write(Array(generated.utf8), to: path)
        }
        let expected = try String(contentsOfFile: path, encoding: .utf8)
        let difference = zip(generated.split(separator: "\n"), expected.split(separator: "\n")).first { $0 != $1 }
        #expect(
            generated == expected,
            "first difference: \(difference.map { "\($0.0) instead of \($0.1)" } ?? "length"); WASMESH_UPDATE_GOLDEN=1 writes it anew"
        )
    }

    @Test(arguments: [
        ("type MeshError { a: Int! } service S { m: MeshError! }", "`MeshError`"),
        ("type SContext { a: Int! } service S { m: SContext! }", "`SContext`"),
        ("enum Hashable { A } service S { m: Hashable! }", "`Hashable`"),
        ("type UInt8 { a: Int! } service S { m: UInt8! }", "`UInt8`"),
        ("type Thing { a: Int! } service S { Thing: Thing! }", "`Thing`"),
        ("service S { Mesh: Void }", "`Mesh`"),
        ("type reader { a: Int! } service S { m: reader! }", "`reader`"),
        ("enum self { A } service S { m: self! }", "`self`"), ("service handle { m: Int! }", "`handle`"),
        (
            "type Made { a: Int! } service S { @emits(event: \"thing.made\") MeshEvent(event: Made!): Void }",
            "`MeshEvent`"
        ),
        ("type SAskRequest { a: Int! } service S { @workflow w: Int!  @signal ask: SAskRequest! }", "`SAskRequest`"),
    ]) func `a name that Swift or the SDK has is reported`(schema: String, name: String) throws {
        let source = SchemaSource(path: "s", text: "@mesh(namespace: \"t\", version: \"1.0.0\")\n" + schema)
        let document = try GuestSchemaDocument.compile([source])
        let error = #expect(throws: SwiftRenderError.self) { try SwiftRenderer.render(document.schema, origin: "s") }
        #expect(error?.description.contains(name) == true)
        #expect(error?.description.contains("choose another name") == true)
    }

    @Test(arguments: ["time", "date", "duration", "decimal", "bytes", "string", "int", "void", "bool", "double"])
    func `an imported namespace that would hide a type of Swift's or the SDK's is reported`(namespace: String) throws {
        let schemas = try ["t", namespace].map { name in
            let text = "@mesh(namespace: \"\(name)\", version: \"1.0.0\") service S { m(at: Time, on: Date): Int! }"
            return try #require(SchemaCompiler.compile([SchemaSource(path: "s", text: text)]).schema)
        }
        let error = #expect(throws: SwiftRenderError.self) {
            try SwiftRenderer.render(schemas[0], origin: "s", imports: [schemas[1]])
        }
        #expect(
            error?.description.contains("the imported schema `\(namespace)`: Swift or the SDK already has a type")
                == true)
    }

    /// A schema of somebody else is imported for its types; its texts mustn't become code.
    @Test(arguments: [
        "\\r", "\\r\\n", "\\n", "\\n\\r", "\\u000b", "\\f", "\\u0085", "\\u2028", "\\u2029", "\\r\\r\\n\\n",
    ])
    func `what follows a line break in a text is a comment as well`(lineBreak: String) throws {
        let text = "\"one\(lineBreak)two() // \(lineBreak)three()\""
        let source = """
            \(text) @mesh(namespace: "t", version: "1.0.0")
            \(text) enum E @deprecated(reason: \(text)) { \(text) A @deprecated(reason: \(text)) }
            \(text) type T { \(text) a: String @pattern(\(text)) @deprecated(reason: \(text), removeBy: "2030-01-01") }
            \(text) service S @deprecated(reason: \(text)) {
              \(text) m(\(text) a: T!): E @deprecated(reason: \(text))
              \(text) @emits(event: "thing.made") made(event: T!): Void
              \(text) @workflow run: Void  \(text) @signal poke: Void
            }
            """
        let schema = try #require(SchemaCompiler.recompile(SchemaSource(path: "s", text: source)).schema)
        let other = SchemaSource(path: "o", text: source.replacing("\"t\"", with: "\"other\""))
        let imported = try #require(SchemaCompiler.recompile(other).schema)
        let generated = try SwiftRenderer.render(schema, origin: "a\rtwo()\n.graphql", imports: [imported])
        #expect(generated.contains("two()"))
        for line in generated.unicodeScalars.split(whereSeparator: { $0.properties.isPatternWhitespace && $0 != " " }) {
            let line = String(line)
            guard line.contains("two()") || line.contains("three()") else { continue }
            #expect(line.drop { $0 == " " }.hasPrefix("//"), "\(line)")
        }
    }
}
