import Foundation
import Schemas
import Testing
import Wasm

@testable import Guests

// When a build is needed: whatever the package depends on has changed, and nothing else.

extension BuildingProjects {
    @Test func `an unchanged project isn't built again, a changed one is, and the digest follows the content`() throws {
        let folder = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/S.swift": pingSource])
        try folder.write(#"{"project":{"name":"ping"},"config":{"x":1}}"#, to: "wasmesh.json")
        let first = try Checkout.build(folder.path)
        #expect(!first.isUnchanged)
        #expect(first.path == folder.path + "/.wasmesh/build/ping.wasm")
        let second = try Checkout.build(folder.path)
        #expect(second.isUnchanged)
        #expect((second.digest, second.size) == (first.digest, first.size))
        let project = try GuestProject.load(folder.path)
        #expect(!GuestBuilder.isPackageOutdated(project))

        try folder.write(pingSource.replacing("pong", with: "pang"), to: "Sources/S.swift")
        #expect(GuestBuilder.isPackageOutdated(project))
        let third = try Checkout.build(folder.path)
        #expect(!GuestBuilder.isPackageOutdated(project))
        #expect(!third.isUnchanged && third.digest != first.digest)

        // From another place, at another time, the same sources give the same bytes.
        let other = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/S.swift": pingSource])
        try other.write(#"{"project":{"name":"ping"}}"#, to: "wasmesh.json")
        #expect(try Checkout.build(other.path).digest == first.digest)
    }

    @Test func `another schema of others is built anew, also where the author's files are named one by one`() throws {
        let billing = """
            @mesh(namespace: "billing", version: "1.0.0")
            service Invoices { issue(order: ID!): Void }

            """
        let folder = try TemporaryFolder([
            "ping.mesh.graphql": pingSchema, "billing.mesh.graphql": billing,
            "Sources/S.swift": """
            import Mesh

            struct S: SService {
                func ping(mesh: SContext) throws(MeshError) -> String {
                    mesh.send(Billing.Invoices.issue(order: "o-1"))
                    return "pong"
                }
            }

            """,
            "wasmesh.json": """
            {"project":{"name":"ping","schemas":["ping.mesh.graphql"],"imports":["billing.mesh.graphql"],
              "sources":["Sources/S.swift"]}}
            """,
        ])
        let first = try Checkout.build(folder.path)
        try folder.write(billing.replacing("billing\"", with: "accounts.billing\""), to: "billing.mesh.graphql")
        let error = #expect(throws: GuestError.self) { try Checkout.build(folder.path) }
        #expect(error?.message.contains("cannot find 'Billing' in scope") == true)
        try folder.write(billing.replacing("order: ID!", with: "order: ID!  note: String"), to: "billing.mesh.graphql")
        let second = try Checkout.build(folder.path)
        #expect(!second.isUnchanged && second.digest != first.digest)
    }

    @Test func `a damaged package is built again`() throws {
        let folder = try TemporaryFolder(["ping.mesh.graphql": pingSchema, "Sources/S.swift": pingSource])
        try folder.write(#"{"project":{"name":"ping"}}"#, to: "wasmesh.json")
        let first = try Checkout.build(folder.path)
        try folder.write("cut off", to: ".wasmesh/build/ping.wasm")
        let second = try Checkout.build(folder.path)
        #expect(!second.isUnchanged && second.digest == first.digest)
    }

    @Test func `a guest in C is built again when a header that it reads has changed, wherever that lies`() throws {
        let folder = try TemporaryFolder([
            "project/ping.mesh.graphql": pingSchema,
            "project/wasmesh.json": #"{"project":{"name":"ping","language":"c","sources":["ping.c"]}}"#,
            "project/inner.h": "#include \"../our headers/#1 $x.h\"\n",
            "our headers/#1 $x.h": "#define ANSWER \"pong\"\n",
            "project/ping.c": """
            #include "wasmesh.h"
            #include "inner.h"
            static char heap[4096];
            MESH_ALLOC(length) { return length <= sizeof heap ? heap : 0; }
            static const char answer[] = "{\\"value\\":\\"" ANSWER "\\"}";
            MESH_HANDLE(method, method_length, data, data_length) {
                mesh_reply(answer, sizeof answer - 1);
                return 0;
            }

            """,
        ])
        let directory = folder.path + "/project"
        func answer(_ build: GuestBuild) throws -> String? {
            try GuestInSandbox(try SourceFiles.read(build.path)).effects("S/ping", "{}").replyText
        }
        #expect(try answer(try Checkout.build(directory)) == #"{"value":"pong"}"#)
        let project = try GuestProject.load(directory)
        #expect(try Checkout.build(directory).isUnchanged && !GuestBuilder.isPackageOutdated(project))

        try folder.write("#define ANSWER \"pang\"\n", to: "our headers/#1 $x.h")
        #expect(GuestBuilder.isPackageOutdated(project))
        let second = try Checkout.build(directory)
        #expect(!second.isUnchanged)
        #expect(try answer(second) == #"{"value":"pang"}"#)
        #expect(try Checkout.build(directory).isUnchanged && !GuestBuilder.isPackageOutdated(project))

        try folder.write("#define ANSWER \"ping\"\n", to: "project/inner.h")
        #expect(try answer(try Checkout.build(directory)) == #"{"value":"ping"}"#)
        try SourceFiles.remove(directory + "/inner.h")
        let error = #expect(throws: GuestError.self) { try Checkout.build(directory) }
        #expect(error?.message.contains("ping.c:2:10: fatal error: 'inner.h' file not found") == true)
    }
}
