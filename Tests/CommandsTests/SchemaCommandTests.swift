import Foundation
import MeshCore
import Schemas
import Testing

@testable import Commands

@Suite struct SchemaCommandTests {
    private let hearing = """
        @mesh(namespace: "bill", version: "1.0.0")
        type Heard { id: ID! }
        service Invoices { @handles(event: "order.placed", key: "id") on(event: Heard!): Void }

        """
    private let shop = """
        @mesh(namespace: "shop", version: "1.0.0")
        type Placed { id: ID! }
        service Orders { @emits(event: "order.placed", key: "id") placed(event: Placed!): Void }

        """

    private func withProject<Value>(_ settings: String, _ body: (String) async throws -> Value) async throws -> Value {
        let folder = NSTemporaryDirectory() + "wasmesh-schema-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/Sources", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in ["bill.mesh.graphql": hearing, "shop.mesh.graphql": shop, "wasmesh.json": settings] {
            try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        }
        return try await body(folder)
    }

    @Test func `a project's check takes the documents that it names, and the events of those that it imports`()
        async throws
    {
        let imports = #"{"project": {"schemas": ["bill.mesh.graphql"], "imports": ["shop.mesh.graphql"]}}"#
        try await withProject(imports) { folder in
            #expect(await ProgramRun(["schema", "check"], directory: folder).exit == .success)
            let rendered = await ProgramRun(["schema", "render"], directory: folder)
            #expect(rendered.out.hasPrefix("@mesh(namespace: \"bill\""), "\(rendered.error)")
        }
        try await withProject(#"{"project": {"schemas": ["bill.mesh.graphql"]}}"#) { folder in
            let run = await ProgramRun(["schema", "check"], directory: folder)
            #expect(run.exit == .failure)
            #expect(run.out.contains("bill.mesh.graphql:3:36: error: no service emits `order.placed`"))
        }
    }

    @Test func `a schema that hears others is compared and rendered without them`() async throws {
        try await withProject("{}") { folder in
            let same = await ProgramRun(
                ["schema", "diff", "bill.mesh.graphql", "bill.mesh.graphql"], directory: folder)
            #expect(same.exit == .success, "\(same.error)")
            let form = await ProgramRun(["schema", "render", "bill.mesh.graphql", "--json"], directory: folder)
            let printed = try JSONReader.read(form.out)
            #expect(printed.text("form") == "sdl", "\(form.error)")
            let broken = await ProgramRun(["schema", "render", "wasmesh.json", "--json"], directory: folder)
            let error = try JSONReader.read(broken.error)
            #expect(error.text("code") == "INVALID_REQUEST")
        }
    }

    @Test func `a document may come through a pipe, as a shell's substitution or standard input`() async throws {
        func pipe(_ text: String) throws -> Pipe {
            let pipe = Pipe()
            try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
            try pipe.fileHandleForWriting.close()
            return pipe
        }
        try await withProject("{}") { folder in
            let old = try pipe(shop)
            let path = "/dev/fd/\(old.fileHandleForReading.fileDescriptor)"
            let run = await ProgramRun(["schema", "diff", path, "shop.mesh.graphql"], directory: folder)
            #expect(run.out == "nothing that breaks anybody\n", "\(run.error)")
        }
        let input = try pipe(shop)
        let sources = try SchemaFiles.read(
            ["-"], directory: "/", standardInput: input.fileHandleForReading.fileDescriptor)
        #expect(sources == [SchemaSource(path: "<stdin>", text: shop)])
        let twice = await ProgramRun(["schema", "diff", "-", "-"])
        #expect(twice.exit == .usage)
        #expect(twice.error.contains("standard input can be read once only"), "\(twice.error)")
    }

    @Test func `what can't be read, or isn't text, doesn't keep the others from being checked`() async throws {
        try await withProject("{}") { folder in
            try Data(shop.utf8 + [0xFF]).write(to: URL(fileURLWithPath: folder + "/odd.mesh.graphql"))
            try shop.replacing("ID!", with: "Nope!")
                .write(toFile: folder + "/bad.mesh.graphql", atomically: true, encoding: .utf8)
            let run = await ProgramRun(
                ["schema", "check", "shop.mesh.graphql", "nofile", "odd.mesh.graphql", "bad.mesh.graphql", "."],
                directory: folder)
            #expect(run.exit == .usage)
            #expect(run.out.contains("odd.mesh.graphql:4:1: error: "), "\(run.out)")
            #expect(run.out.contains("bad.mesh.graphql:2:19: error: there is no type `Nope`"), "\(run.out)")
            #expect(run.error.contains("cannot read nofile: No such file"), "\(run.error)")
            #expect(run.error.contains("cannot read .: Is a directory"), "\(run.error)")
            let odd = await ProgramRun(["schema", "check", "odd.mesh.graphql", "bad.mesh.graphql"], directory: folder)
            #expect(odd.exit == .failure)
        }
    }

    @Test func `a name that Swift has already is an error at its definition, once`() async throws {
        try await withProject("{}") { folder in
            let taken = shop.replacing("service Orders", with: "service Mesh").replacing("Placed", with: "Array")
            try taken.write(toFile: folder + "/taken.graphql", atomically: true, encoding: .utf8)
            let run = await ProgramRun(["schema", "render", "--to", "swift", "taken.graphql"], directory: folder)
            #expect(run.exit == .failure)
            #expect(
                run.error == """
                    taken.graphql:2:6: error: type `Array`: Swift or the SDK already has a type `Array`; choose another name
                    taken.graphql:3:9: error: service `Mesh`: Swift or the SDK already has the types `Mesh`, `MeshContext`, \
                    `MeshEvent`; choose another name

                    """)
        }
    }

    @Test func `a project that is set up wrongly is a usage error with the place`() async throws {
        try await withProject("{\n  \"project\": {\"name\": \"x\",}\n}") { folder in
            let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
            let run = await ProgramRun(["build", String(folder.dropFirst(parent.count + 1))], directory: parent)
            #expect(run.exit == .usage)
            #expect(
                run.error == "wasmesh.json:2:27: error: expected a name in double quotes, found '}'\n", "\(run.error)")
        }
    }

    @Test func `a build's package goes to the named file, too`() async throws {
        let settings =
            #"{"project": {"name": "p", "language": "wasm", "module": "guest.wasm", "schemas": ["shop.mesh.graphql"]}}"#
        try await withProject(settings) { folder in
            try Data(SchemaCommandTests.module).write(to: URL(fileURLWithPath: folder + "/guest.wasm"))
            let run = await ProgramRun(["build", "-o", "dist/p.wasm"], directory: folder)
            #expect(run.exit == .success, "\(run.error)")
            #expect(run.out.hasPrefix(".wasmesh/build/p.wasm  "), "\(run.out)")
            #expect(run.out.hasSuffix("\ncopied to dist/p.wasm\n"), "\(run.out)")
            let built = FileManager.default.contents(atPath: folder + "/.wasmesh/build/p.wasm")
            #expect(built != nil && FileManager.default.contents(atPath: folder + "/dist/p.wasm") == built)
            let again = await ProgramRun(["build", "--json", "-o", "q.wasm"], directory: folder)
            #expect(try JSONReader.read(again.out).text("copy") == "q.wasm", "\(again.error)")
            let wrong = await ProgramRun(["build", "-o", "dist"], directory: folder)
            #expect(wrong.exit == .failure)
            #expect(wrong.error.contains("cannot write dist"), "\(wrong.error)")
        }
    }

    /// The smallest module that is a guest: a memory, `mesh_alloc` and `mesh_handle`.
    static let module: [UInt8] = {
        func export(_ name: String, _ rest: [UInt8]) -> [UInt8] { [UInt8(name.utf8.count)] + Array(name.utf8) + rest }
        let exports = export("memory", [2, 0]) + export("mesh_alloc", [0, 0]) + export("mesh_handle", [0, 1])
        let types: [UInt8] = [0x60, 1, 0x7F, 1, 0x7F, 0x60, 4, 0x7F, 0x7F, 0x7F, 0x7F, 1, 0x7F]
        return [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 14, 2] + types + [3, 3, 2, 0, 1, 5, 3, 1, 0, 1]
            + [7, UInt8(exports.count + 1), 3] + exports
            + [10, 12, 2, 5, 0, 0x41, 0x80, 8, 0x0B, 4, 0, 0x41, 0, 0x0B]
    }()

    @Test func `what a break wants of the version is said as the rule has it`() async throws {
        try await withProject("{}") { folder in
            for (version, part) in [("0.1.0", "minor"), ("1.0.0", "major")] {
                let old = shop.replacing("1.0.0", with: version)
                try old.write(toFile: folder + "/old.graphql", atomically: true, encoding: .utf8)
                try old.replacing("id: ID!", with: "other: ID!").replacing("key: \"id\"", with: "key: \"other\"")
                    .write(toFile: folder + "/new.graphql", atomically: true, encoding: .utf8)
                let run = await ProgramRun(["schema", "diff", "old.graphql", "new.graphql"], directory: folder)
                #expect(run.exit == .refused)
                #expect(run.out.contains("raise the \(part) number"), "\(run.out)")
            }
        }
    }

    @Test func `settings that the project can't have are told by a check, too`() async throws {
        try await withProject(#"{"project": {"schema": ["bill.mesh.graphql"]}}"#) { folder in
            let run = await ProgramRun(["schema", "check"], directory: folder)
            #expect(run.exit == .usage)
            #expect(run.error.contains("wasmesh.json:1:14: error: unknown key 'project.schema'"), "\(run.error)")
        }
        // A project of schemas alone has no sources to ask for.
        try await withProject(#"{"project": {"schemas": ["shop.mesh.graphql"], "sources": ["none"]}}"#) { folder in
            #expect(await ProgramRun(["schema", "check"], directory: folder).exit == .success)
        }
    }

    @Test func `the project of a configuration file that is named is the one that counts`() async throws {
        try await withProject(#"{"project": {"name": "own", "language": "wasm", "module": "none.wasm"}}"#) { folder in
            try Data(SchemaCommandTests.module).write(to: URL(fileURLWithPath: folder + "/guest.wasm"))
            let named =
                #"{"project": {"name": "named", "language": "wasm", "module": "guest.wasm", "schemas": ["shop.mesh.graphql"]}}"#
            for (name, text) in ["ci.json": named, "mesh.json": #"{"drain": "1s"}"#, "odd.json": #"{"project": 1}"#] {
                try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
            }
            let run = await ProgramRun(["build", "--config", "ci.json"], directory: folder)
            #expect(run.exit == .success, "\(run.error)")
            #expect(run.out.hasPrefix(".wasmesh/build/named.wasm  "), "\(run.out)")
            let rendered = await ProgramRun(
                ["schema", "render"], environment: ["WASMESH_CONFIG": "ci.json"], directory: folder)
            #expect(rendered.out.hasPrefix("@mesh(namespace: \"shop\""), "\(rendered.error)")
            // One that says nothing of the project leaves it as it is.
            let other = await ProgramRun(["build", "--config", "mesh.json"], directory: folder)
            #expect(other.error.contains("none.wasm doesn't exist"), "\(other.error)")
            let odd = await ProgramRun(["build", "--config", "odd.json"], directory: folder)
            #expect(odd.exit == .usage)
            #expect(odd.error.contains("odd.json:1:2: error: 'project'"), "\(odd.error)")
        }
    }

    @Test func `what a running mesh has is rendered in each form`() async throws {
        let place = "GET /api/v1/services/shop.Orders/schema"
        for (form, beginning) in [
            ("sdl", "@mesh(namespace: \"shop\""), ("swift", "// Generated by wasmesh from shop.Orders: shop 1.0.0."),
            ("openapi", "{\n  \"openapi\": \"3.1.0\""), ("asyncapi", "{\n  \"asyncapi\": \"3.0.0\""),
            ("typescript", "// Generated by wasmesh: shop 1.0.0."), ("json-schema", "{\n  \"$schema\""),
        ] {
            let (run, requests) = try await ask(
                ["schema", "render", "--deployed", "shop.Orders", "--to", form], answers: [place: (200, shop)])
            #expect(run.exit == .success && run.out.hasPrefix(beginning), "\(run.error)\(run.out)")
            #expect(requests.first?.query == ["form": "sdl"])
            #expect(requests.first?.headers["authorization"] == "Bearer t")
        }
        let message = "no deployed service is called 'shop.Order'; did you mean 'shop.Orders'?"
        let (none, _) = try await ask(
            ["schema", "render", "--deployed", "shop.Order"],
            answers: [
                "GET /api/v1/services/shop.Order/schema": (404, "{\"code\":\"NOT_FOUND\",\"message\":\"\(message)\"}")
            ])
        #expect(none.exit == .failure && none.error.contains(message), "\(none.error)")
        let (both, requests) = try await ask(
            ["schema", "render", "--deployed", "shop.Orders", "shop.mesh.graphql"], answers: [:])
        #expect(both.exit == .usage && requests.isEmpty, "\(both.error)")
        let mistyped = await ProgramRun(["schema", "render", "--to", "opnapi"])
        #expect(mistyped.exit == .usage && mistyped.error.contains("did you mean 'openapi'?"), "\(mistyped.error)")
    }
}
