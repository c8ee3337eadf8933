import Foundation
import MeshCore
import TestSupport
import Testing

@testable import Schemas

/// Forms for those who call the mesh, of schemas of any shape.
@Suite struct FormTests {
    private static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let clients = checkout + "/.native/clients"

    /// Random ones, those of the corpus, and one whose names mean something in other languages.
    private static func schemas(function: String = #function) throws -> [(name: String, schema: MeshSchema)] {
        let first = Seed(function: function).value
        let random = (0..<120).map { index in
            var random = RandomSchema(seed: first &+ UInt64(index))
            return ("random \(first &+ UInt64(index))", random.make())
        }
        let good = try Corpus.good.map { document in
            (document.name, try #require(SchemaCompiler.compile([document.source]).schema))
        }
        return random + good + [("awkward names", try schema(awkward))]
    }

    /// Words of TypeScript, and names that the renderings give themselves.
    private static let awkward = """
        type string { class: string  new: [new!]  constructor: Int  value_: JSON!  toString: ID }
        type new { a: Int }  type new_ { b: Int }  type MeshError { c: Promise! }  enum Promise { NULL TRUE }
        type emit { id: ID! }  type STakeArguments { d: Int }  type S_take_arguments { e: Int }
        service S @deprecated(reason: "*/ alert(1) /*") {
          "*/ throw 1; /* \\r \\u2028 // @public"
          take(delete: string!, function: [[new_]!], other: STakeArguments, one: S_take_arguments): MeshError
          Take(args: Int!, options: emit!): [[Promise]!]
          constructor(this: Boolean): Void  then: Int  toString: JSON!  delete(arguments: MeshError): new!
          @signal poke: Void  @workflow run(id: ID): JSON  @query ask(await: Long!): Void
          @emits(event: "S.take") S_take(event: emit!): Void
          @emits(event: "a_b.c", key: "id") one(event: emit!): Void
          @emits(event: "a.b_c") two(event: emit!): Void
          @handles(event: "a.b_c") heard(event: S_take_arguments!): Void
        }
        service static { @auth(roles: ["*/"]) void: Void }
        """

    @Test func `each schema's forms are JSON without a name twice, and references lead somewhere`() throws {
        for (name, schema) in try FormTests.schemas() {
            for form in SchemaForm.allCases where form.isJSON {
                let text = form.render(schema)
                // The mesh's own reader refuses a name that an object has twice.
                let root = try #require(try? JSONReader.read(text), "\(name), \(form)")
                for reference in references(in: root) {
                    let path = reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false)
                    // In JSON Schema the names of messages have slashes, which end it.
                    let isThere =
                        form == .jsonSchema
                        ? root["$defs"]?[path.dropFirst().joined(separator: "/")] != nil
                        : path.reduce(Optional(root)) { $0?[String($1)] } != nil
                    #expect(isThere, "\(name), \(form): \(reference)")
                }
                #expect(form.render(schema) == text, "\(name), \(form)")
            }
        }
    }

    @Test func `what the router doesn't offer is in no form for callers`() throws {
        for (name, schema) in try FormTests.schemas() {
            let paths = try JSONReader.read(OpenAPIRenderer.render(schema))["paths"]
            let operations = try JSONReader.read(AsyncAPIRenderer.render(schema))["operations"]
            let module = TypeScriptRenderer.render(schema)
            for method in schema.services.flatMap(\.methods) {
                #expect((paths?["/" + method.qualifiedName] != nil) == method.isExposed, "\(name): \(method.name)")
                #expect(module.contains("\"\(method.qualifiedName)\"") == method.isExposed, "\(name): \(method.name)")
            }
            let count = schema.services.flatMap(\.methods).count { $0.kind != .call || $0.isExposed }
            #expect(operations?.members.count == count, "\(name)")
            #expect((paths?["/events"] != nil) == !schema.events.isEmpty, "\(name)")
        }
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: clients + "/playwright"), "Scripts/clients installs Node"))
    func `Node takes each schema's TypeScript, which is JavaScript without its types`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "forms-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var paths: [String] = []
        for (name, schema) in try FormTests.schemas() {
            let file = folder.appending(path: name.replacing(" ", with: "-") + ".ts")
            try TypeScriptRenderer.render(schema).write(to: file, atomically: false, encoding: .utf8)
            paths.append(file.path)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: FormTests.clients + "/playwright/driver/node")
        process.arguments =
            ["--experimental-vm-modules", "--no-warnings", FormTests.checkout + "/Tests/Clients/syntax.mjs"] + paths
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(output)")
    }

    @Test func `nullability, lists and scalars are in TypeScript what they are on the wire`() throws {
        let cases = [
            ("Int!", "number"), ("Float", "number | null"), ("Long!", "string"), ("Decimal", "string | null"),
            ("[Int!]!", "number[]"), ("[Int]", "(number | null)[] | null"), ("[[E!]]!", "(E[] | null)[]"),
            ("JSON", "MeshJson"), ("JSON!", "NonNullable<MeshJson>"), ("[JSON]!", "MeshJson[]"),
            ("Bytes!", "string"), ("Boolean!", "boolean"), ("T", "T | null"), ("[T!]", "T[] | null"),
        ]
        for (type, expected) in cases {
            let source = "enum E { A } type T { v: \(type) w: E x: T } service S { m(t: T!): Void }"
            let module = TypeScriptRenderer.render(try schema(source))
            let optional = type.hasSuffix("!") ? "" : "?"
            #expect(module.contains("v\(optional): \(expected);"), "\(type): \(module.prefix(400))")
        }
    }

    @Test func `a result that may be null stays so, whatever its type is called`() throws {
        let source = "enum Avoid { A } service S { m: Avoid n: [Avoid]! o: Void }"
        let module = TypeScriptRenderer.render(try schema(source))
        for result in ["Promise<Avoid | null>;", "Promise<(Avoid | null)[]>;", "Promise<void>;"] {
            #expect(module.contains(result), "\(result): \(module.prefix(1500))")
        }
    }

    private func references(in node: JSONNode) -> [String] {
        let own = node["$ref"]?.text.map { [$0] } ?? []
        return own + (node.members.map(\.node) + node.elements).flatMap(references)
    }
}
