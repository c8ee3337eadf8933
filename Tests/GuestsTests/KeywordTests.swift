import Schemas
import Testing

@testable import Guests

/// Names that Swift has a use for itself, wherever a schema may have them.
@Suite struct KeywordTests {
    private static let words = [
        "Any", "Protocol", "Self", "Type", "actor", "any", "as", "associatedtype", "async", "await", "break", "case",
        "catch", "class", "consume", "continue", "copy", "default", "defer", "deinit", "description", "discard", "do",
        "each", "else", "enum", "extension", "fallthrough", "fileprivate", "for", "func", "get", "guard", "hash",
        "hashValue", "if", "import", "in", "indirect", "init", "inout", "internal", "is", "lazy", "let", "nil", "none",
        "open", "operator", "override", "package", "precedencegroup", "private", "protocol", "public", "rawValue",
        "repeat", "rethrows", "return", "self", "set", "some", "static", "struct", "subscript", "super", "switch",
        "then", "throw", "throws", "try", "typealias", "unowned", "var", "weak", "where", "while", "yield",
    ]

    /// What the SDK calls the types and parameters that the source of signals has beside those of the schema.
    private static let parameters = ["Context", "Value", "Signal", "Request", "Arguments", "Answer", "Call"]

    /// Fields, values, arguments, methods, signals and events of each name, and types and services of those that may be one.
    private static var document: String {
        let small = words.filter { $0.first?.isLowercase == true }
        let types = small.filter { $0 != "self" }
        return """
            @mesh(namespace: "t", version: "1.0.0")
            type Fields @key(field: "id") { id: ID!  \(words.map { "\($0): Int" }.joined(separator: "  ")) }
            enum Values { \(words.joined(separator: " ")) }
            \((types + parameters).map { "type \($0) { id: ID! }" }.joined(separator: "\n"))
            service S @state(type: "Fields") {
            \(types.map { "  m_\($0)(value: \($0)!): [\($0)!]!" }.joined(separator: "\n"))
            \(words.map { "  a_\($0)(\($0): Int!): Values" }.joined(separator: "\n"))
              a_type_and(Mesh: Int!, let: Int!, var: Int!, inout: Int!, any: Int!): Int!
              @workflow w(id: ID!): Int!
            \(small.map { "  @signal s_\($0)(\($0): ID!): Void" }.joined(separator: "\n"))
            \((types + parameters).map { "  @signal q_\($0)(id: ID!): \($0)!" }.joined(separator: "\n"))
            \(parameters.map { "  @signal m_\($0)(id: ID!): \($0)  @signal l_\($0)(id: ID!): [\($0)!]!" }.joined(separator: "\n"))
            }
            service M {
            \(small.map { "  \($0)(a: Int): Int!" }.joined(separator: "\n"))
            }
            service E {
            \(words.map { "  @emits(event: \"x.\($0)\", key: \"id\") \($0)(event: Fields!): Void" }.joined(separator: "\n"))
            }
            service H {
            \(small.map { "  @handles(event: \"x.\($0)\", key: \"id\") \($0)(\($0): Fields!): Void" }.joined(separator: "\n"))
            }
            service left { ping: Void }

            """
    }

    /// A native build has its warnings shown, as it is the author's; the sandbox's is of the same source.
    @Test func `generated source compiles without a warning, whatever keywords the schema uses`() throws {
        let document = try GuestSchemaDocument.compile([SchemaSource(path: "odd", text: KeywordTests.document)])
        let generated = try SwiftRenderer.render(document.schema, origin: "odd")
        let folder = try TemporaryFolder()
        try folder.write(generated + KeywordTests.services(of: generated), to: "Odd.swift")
        let swiftc = try GuestToolchain.find().swiftc
        let flags = ["-swift-version", "6", "-parse-as-library", "-enable-upcoming-feature", "ExistentialAny"]
        let sources = try SourceFiles.list([Checkout.root + "/SDK/Swift/Sources/Mesh"], endings: [".swift"])
        let mesh = try ToolRun.run(
            swiftc,
            flags + ["-emit-module", "-module-name", "Mesh", "-emit-module-path", "Mesh.swiftmodule"] + sources,
            in: folder.path)
        try #require(mesh.succeeded, "\(mesh.output.suffix(2000))")
        let run = try ToolRun.run(
            swiftc, flags + ["-typecheck", "-warnings-as-errors", "-module-name", "Odd", "-I", ".", "Odd.swift"],
            in: folder.path)
        #expect(run.succeeded, "\(run.output.prefix(4000))")
    }

    /// Types for the generated protocols.
    private static func services(of source: String) -> String {
        var text = "\n"
        var isProtocol = false
        for line in source.split(separator: "\n") {
            if line.hasPrefix("protocol "), let name = line.split(separator: " ").dropFirst().first {
                text += "struct `\(name.dropLast("Service".count))`: \(name) {\n"
                isProtocol = true
            } else if isProtocol, line.contains("func ") {
                text += line + " { preconditionFailure() }\n"
            } else if isProtocol, line == "}" {
                text += "}\n"
                isProtocol = false
            }
        }
        return text
    }
}
