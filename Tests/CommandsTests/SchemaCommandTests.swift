import Commands
import Foundation
import Testing

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
}
