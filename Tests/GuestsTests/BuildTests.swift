import Foundation
import Schemas
import Testing
import Wasm

@testable import Guests

/// A service with one method, for projects about which nothing else matters.
let pingSchema = """
    @mesh(namespace: "t", version: "1.0.0")
    service S { ping: String! }

    """
let pingSource = """
    import Mesh

    struct S: SService {
        func ping(mesh: SContext) throws(MeshError) -> String { "pong" }
    }

    """

@Suite struct BuildingProjects {
    @Test func `a schema that nobody could read back isn't built`() throws {
        let words = String(repeating: "x", count: 600_000)
        let sources = (1...2).map { number in
            SchemaSource(
                path: "s\(number)",
                text: """
                    \(number == 1 ? "@mesh(namespace: \"t\", version: \"1.0.0\")" : "")
                    \"\"\"\(words)\"\"\"
                    service S\(number) { m: Void }
                    """)
        }
        #expect(SchemaCompiler.compile(sources).schema != nil)
        let error = #expect(throws: GuestError.self) { try GuestSchemaDocument.compile(sources) }
        #expect(error?.description.contains("at most 1048576 are read") == true, "\(String(describing: error))")
    }

    @Test func `schemas of others are called by their namespace, whatever their names`() throws {
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": """
            @mesh(namespace: "t", version: "1.0.0")
            type In { id: ID! }
            service S { @key(field: "id") @workflow run(id: ID!): String!  ping(id: ID!): Void }

            """,
            "billing.mesh.graphql": """
            @mesh(namespace: "acme.billing", version: "2.1.0")
            enum Kind { PAID in }
            type In { in: Int!  next: In  kind: Kind! }
            service S { @signal poke: Void
              issue(in: In!): In
              list: [In!]!
              @workflow life(reader: Int, json: String): Void }

            """,
            "Sources/S.swift": """
            import Mesh

            struct S: SService {
                func run(id: ID, mesh: SWorkflow) throws(MeshError) -> String {
                    try mesh.call(S.ping(id: id))
                    let issued = try mesh.call(AcmeBilling.S.issue(in: AcmeBilling.In(in: 1, kind: .`in`)), retries: 2)
                    try mesh.call(AcmeBilling.S.poke(), key: "x")
                    try mesh.detach(AcmeBilling.S.life(reader: 3))
                    return "\\(issued?.next?.in ?? 0) \\(try mesh.call(AcmeBilling.S.list()).count)"
                }

                func ping(id: ID, mesh: SContext) throws(MeshError) {}
            }

            """,
            "wasmesh.json":
                #"{"project":{"name":"ping","schemas":["ping.mesh.graphql"],"imports":["billing.mesh.graphql"]}}"#,
        ])
        #expect(try Checkout.build(folder.path).warnings == [])
        try folder.write(
            "@mesh(namespace: \"t\", version: \"1\")\nservice Other { m: Nope }", to: "billing.mesh.graphql")
        let error = #expect(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(error?.message.hasPrefix("billing.mesh.graphql:2:") == true)
        try folder.write(
            "@mesh(namespace: \"t\", version: \"1\")\nservice Other { m: Void }", to: "billing.mesh.graphql")
        let own = #expect(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(own?.message.contains("has the namespace of this one") == true)
        try folder.write(
            "@mesh(namespace: \"acme.billing\", version: \"1\")\n\nservice Mesh { m: Void }", to: "billing.mesh.graphql"
        )
        let taken = #expect(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(
            taken?.message.hasPrefix(
                "billing.mesh.graphql:3:9: error: in the imported schema `acme.billing`: service `Mesh`: ") == true)
    }

    @Test func `fields, arguments and values may have names of types and of members`() throws {
        let folder = try TemporaryFolder([
            "odd.mesh.graphql": """
            @mesh(namespace: "t", version: "1.0.0")
            enum Status { ALL_CASES RAW_VALUE SELF self_ INIT HASH_VALUE Type }
            enum Names { AllCases RawValue allCases }
            type Thing @key(field: "ID") {
              ID: ID!  URL: URL  Status: Status!  Thing: Thing  Int: [Int!]!  String: String  Date: [[Date]!]
              self: Int!  self_: Int!  self__: Int  field_ID: Int  Mesh: Names  reader: Float  json: JSON
              allCases: String  JSONReader: Boolean  MeshError: Duration
            }
            service S @state(type: "Thing") {
              get(ID: ID!, Thing: Thing!, Mesh: String!, mesh: Int, Status: Status): Thing
              list(SListArguments: ID!, argument_Mesh: Int, Mesh: Int): [Thing!]!
              status(Status: Status!, self: Int!, self_: Int!): Status!
              none(NoArguments: String): Void
              @workflow run(ID: ID!, Mesh: Int!): Status!
              @signal poke(ID: ID!, Mesh: Status): Void
              @emits(event: "thing.made", key: "ID") Thing(event: Thing!): Void
            }
            service default { ping: Void }

            """,
            "others.mesh.graphql": """
            @mesh(namespace: "others", version: "1.0.0")
            enum Status { ALL_CASES A }
            type Thing { ID: ID!  Status: Status  Thing: Thing  String: String! }
            service S { get(Thing: Thing!, Mesh: Status!): Thing }
            service default { ping: Void }

            """,
            "Sources/S.swift": """
            import Mesh

            struct S: SService {
                func get(ID: ID, Thing: Thing, Mesh: String, mesh: Int?, Status: Status?, context: SContext)
                    throws(MeshError) -> Thing?
                { Thing }
                func list(SListArguments: ID, argument_Mesh: Int?, Mesh: Int?, mesh: SContext)
                    throws(MeshError) -> [Thing]
                { [] }
                func status(Status: Status, self_: Int, self__: Int, mesh: SContext) throws(MeshError) -> Status {
                    Status == .allCases_ && self_ == 1 && self__ == 2 ? .self_ : .rawValue
                }
                func none(NoArguments: String?, mesh: SContext) throws(MeshError) {}
                func run(ID: ID, Mesh: Int, mesh: SWorkflow) throws(MeshError) -> Status {
                    let made = Others.Thing(ID: ID, Status: .allCases_, Thing: nil, String: "s")
                    let thing = try mesh.call(Others.S.get(Thing: made, Mesh: .a))
                    mesh.send(SService_status(thing))
                    mesh.send(Others.default.ping())
                    return .`init`
                }
            }

            struct `default`: defaultService {
                func ping(mesh: defaultContext) throws(MeshError) {}
            }

            private func SService_status(_ thing: Others.Thing?) -> Mesh.Call<Status> {
                S.status(Status: .rawValue, self_: 1, self__: 2)
            }

            """,
            "wasmesh.json":
                #"{"project":{"name":"odd","schemas":["odd.mesh.graphql"],"imports":["others.mesh.graphql"]}}"#,
        ])
        let build = try Checkout.build(folder.path)
        #expect(build.warnings == [])
        let guest = try GuestInSandbox(try SourceFiles.read(build.path))
        let thing =
            #"{"ID":"a","Status":"ALL_CASES","Thing":{"ID":"b","Status":"self_","Int":[],"self":1,"self_":2},"#
            + #""Int":[3],"String":"s","Date":[["2026-11-22",null]],"self":4,"self_":5,"self__":6,"Mesh":"AllCases"}"#
        let reply = try guest.effects("S/get", #"{"ID":"x","Thing":\#(thing),"Mesh":"m","Status":"Type"}"#).replyText
        #expect(reply == thing)
        let status = try guest.effects("S/status", #"{"Status":"ALL_CASES","self":1,"self_":2}"#).replyText
        #expect(status == #"{"value":"SELF"}"#)
        // A member's name may be written with escapes as well.
        let escaped = #"{"Stat\u0075s":"ALL_CASES","\u0073elf":1,"self\u005f":2}"#
        #expect(try guest.effects("S/status", escaped).replyText == status)
    }

    @Test func `an event of another schema is handled where that is imported, and checked against it`() throws {
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": """
            @mesh(namespace: "t", version: "1.0.0")
            type Heard { id: ID!  n: Int! }
            service S { @handles(event: "order.placed", key: "id") on(event: Heard!): Void }

            """,
            "Imports/shop.mesh.graphql": """
            @mesh(namespace: "shop", version: "1.0.0")
            type Placed { id: ID!  n: Int! }
            service Orders { @emits(event: "order.placed", key: "id") placed(event: Placed!): Void }

            """, "Sources/S.swift": "", "wasmesh.json": #"{"project":{"name":"ping"}}"#,
        ])
        let alone = #expect(throws: GuestError.self) {
            try GuestSchemaDocument.read(try GuestProject.load(folder.path))
        }
        #expect(alone?.message.contains("no service emits `order.placed`") == true)
        #expect(alone?.message.contains("project.imports") == true)
        try folder.write(
            #"{"project":{"name":"ping","imports":["Imports/shop.mesh.graphql"]}}"#, to: "wasmesh.json")
        let document = try GuestSchemaDocument.read(try GuestProject.load(folder.path))
        #expect(document.schema.services.map(\.qualifiedName) == ["t.S"])
        try folder.write(
            try String(contentsOfFile: folder.path + "/Imports/shop.mesh.graphql", encoding: .utf8)
                .replacing("n: Int!", with: "n: String!"), to: "Imports/shop.mesh.graphql")
        let wrong = #expect(throws: GuestError.self) {
            try GuestSchemaDocument.read(try GuestProject.load(folder.path))
        }
        #expect(wrong?.message.contains("can't be read as `Heard`") == true)
    }

    @Test func `a closure without its error type is told how to be written`() throws {
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": "@mesh(namespace: \"t\", version: \"1\")\nservice S { @workflow run: Int! }",
            "Sources/S.swift": """
            import Mesh

            struct S: SService {
                func run(mesh: SWorkflow) throws(MeshError) -> Int {
                    try mesh.group(of: Int.self) { group in try group.next()?.value() ?? 0 }
                }
            }

            """, "wasmesh.json": #"{"project":{"name":"ping"}}"#,
        ])
        let error = #expect(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(error?.message.contains("Sources/S.swift:5:") == true)
        #expect(error?.hint?.contains("throws(MeshError) in") == true)
    }

    @Test(arguments: ["feature%2Fcart", "häl lo=1 #x"])
    func `a project builds wherever it lies`(name: String) throws {
        let folder = try TemporaryFolder([
            "\(name)/ping.mesh.graphql": pingSchema, "\(name)/Sources/S.swift": pingSource,
        ])
        try folder.write(#"{"project":{"name":"ping"}}"#, to: "\(name)/wasmesh.json")
        let build = try Checkout.build("\(folder.path)/\(name)", isQuick: true)
        let guest = try GuestInSandbox(try SourceFiles.read(build.path))
        #expect(try guest.effects("S/ping", "{}").replyText == #"{"value":"pong"}"#)
    }

    @Test func `a quick build lies beside the real one`() throws {
        let folder = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/S.swift": pingSource])
        try folder.write(#"{"project":{"name":"ping"}}"#, to: "wasmesh.json")
        let real = try Checkout.build(folder.path)
        let quick = try Checkout.build(folder.path, isQuick: true)
        #expect(quick.path == folder.path + "/.wasmesh/build/quick/ping.wasm")
        #expect(try Checkout.build(folder.path).isUnchanged)
        #expect(try Checkout.build(folder.path, isQuick: true).isUnchanged)
        let guest = try GuestInSandbox(try SourceFiles.read(quick.path))
        #expect(try guest.effects("S/ping", "{}").replyText == #"{"value":"pong"}"#)
        #expect(quick.digest != real.digest)
    }

    @Test func `progress names what is done, and no more`() throws {
        let folder = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/S.swift": pingSource])
        _ = try Checkout.build(folder.path)
        try folder.write(pingSource.replacing("pong", with: "pang"), to: "Sources/S.swift")
        let builder = GuestBuilder(try GuestProject.load(folder.path), try Checkout.configuration())
        var steps: [GuestBuildStep] = []
        _ = try builder.build { steps.append($0) }
        #expect(steps == [.schema, .generating, .compiling, .linking, .packing])
        steps = []
        _ = try builder.build { steps.append($0) }
        #expect(steps == [.schema, .generating])
    }

    @Test func `a renamed project doesn't keep what was generated under its old name`() throws {
        let folder = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/S.swift": pingSource])
        for name in ["before", "after"] {
            try folder.write(#"{"project":{"name":"\#(name)"}}"#, to: "wasmesh.json")
            _ = try Checkout.build(folder.path)
        }
        let generated = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/Sources/Generated")
        #expect(generated == ["AfterSchema.swift"])
    }

    @Test func `a compiler's error is at the author's line`() throws {
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": pingSchema,
            "Sources/S.swift": pingSource.replacing("\"pong\"", with: "40 + 2"),
        ])
        let error = try #require(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(error.kind == .compilation)
        #expect(error.message.contains("Sources/S.swift:4:"), "\(error)")
        #expect(!error.message.contains("Generated/"), "\(error)")
    }

    @Test func `a missing method is an error at the author's type`() throws {
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": pingSchema.replacing("ping: String!", with: "ping: String!  pong(n: Int!): Int!"),
            "Sources/S.swift": pingSource,
        ])
        let error = try #require(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(
            error.message.contains("Sources/S.swift:3:8: error: type 'S' does not conform to protocol 'SService'"),
            "\(error)")
    }

    @Test func `a missing implementation is said in words`() throws {
        let folder = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/Other.swift": "struct Other {}\n"])
        let error = try #require(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(error.message == "no implementation of service `S`")
        #expect(error.hint?.contains("struct S: SService") == true)
    }

    @Test func `a warning is passed on with its line`() throws {
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": pingSchema,
            "Sources/S.swift": pingSource.replacing(
                "{ \"pong\" }", with: "{\n        var unused = 1\n        return \"pong\"\n    }"),
        ])
        let build = try Checkout.build(folder.path)
        #expect(
            build.warnings.count == 1 && build.warnings[0].hasPrefix("Sources/S.swift:5:13: warning: "),
            "\(build.warnings)")
        #expect(try Checkout.build(folder.path).warnings == build.warnings)
    }

    @Test func `errors of the schema come with their places, all of them`() throws {
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": "@mesh(namespace: \"t\", version: \"1.0.0\")\nservice S { a: Nope!  b: Nada! }\n",
            "Sources/S.swift": pingSource,
        ])
        let error = try #require(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(error.kind == .schema)
        #expect(
            error.message.contains("ping.mesh.graphql:2:") && error.message.contains("Nope")
                && error.message.contains("Nada"))
    }

    @Test func `a guest in C builds against the header`() throws {
        let folder = try TemporaryFolder()
        for name in ["counter.c", "counter.mesh.graphql"] {
            let text = try String(contentsOfFile: "\(Checkout.sdk.directory)/C/Examples/\(name)", encoding: .utf8)
            try folder.write(text, to: name)
        }
        try folder.write(
            #"{"project":{"name":"counter","language":"c","sources":["counter.c"]}}"#, to: "wasmesh.json")
        let build = try Checkout.build(folder.path)
        let package = try WasmPackage.inspect(try SourceFiles.read(build.path))
        #expect(package.sdk == "c/0.1.0")
        #expect(build.size < 20_000)
    }

    @Test func `a module of another tool chain gets the schema`() throws {
        let folder = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/S.swift": pingSource])
        let swift = try Checkout.build(folder.path)
        let other = try TemporaryFolder(["ping.mesh.graphql": pingSchema])
        try SourceFiles.write(try SourceFiles.read(swift.path), to: other.path + "/guest.wasm")
        try other.write(#"{"project":{"name":"p","language":"wasm","module":"guest.wasm"}}"#, to: "wasmesh.json")
        let package = try WasmPackage.inspect(try SourceFiles.read(try Checkout.build(other.path).path))
        #expect(package.sdk == "none/0")
        try other.write("not a module", to: "guest.wasm")
        let error = try #require(throws: GuestError.self) { try Checkout.build(other.path) }
        #expect(error.kind == .module)
    }
}
