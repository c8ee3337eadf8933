import Foundation
import TestSupport
import Testing

/// `wasmesh test`: a project's own tests, in the native build and in the sandbox.
@Suite struct TestingTests {
    @Test func `a new project passes its tests in both builds, and what only a sandbox refuses fails there alone`()
        async throws
    {
        let parent = try scratchDirectory("testing")
        _ = try await Wasmesh.run(["init", "probe"], in: parent)
        let project = parent + "/probe"
        let fresh = try await test(project)
        #expect(fresh.exit == 0, "\(fresh)")
        #expect(fresh.out.contains("3 executions in the sandbox"), "\(fresh)")

        try write(project)
        let native = try await test(project, "--native")
        #expect(native.exit == 0, "\(native)")
        let sandboxed = try await test(project, "--sandbox")
        #expect(sandboxed.exit == 1)
        #expect(sandboxed.out.contains("a Note: text must have at most 5 characters"), "\(sandboxed)")
        #expect(sandboxed.out.contains("the workflow crashed"), "\(sandboxed)")
        #expect(
            sandboxed.out.contains("gives no more memory: 100000"), "what the guest logged at its end: \(sandboxed)")
        #expect(sandboxed.out.contains(#"✔ Test "a short text is kept""#), "\(sandboxed)")
        #expect(sandboxed.out.contains(#"✔ Test "who calls is known""#), "\(sandboxed)")

        let chosen = try await test(project, "--sandbox", "--filter", "short")
        #expect(chosen.exit == 0, "\(chosen)")
        #expect(chosen.out.contains("1 execution in the sandbox"), "\(chosen)")
        let other = try await test(project, "--sandbox", "--filter", "native")
        #expect(other.exit == 0 && other.error.contains("nothing ran in the sandbox"), "\(other)")
    }

    @Test func `a project that isn't written in Swift has no such tests`() async throws {
        let directory = try scratchDirectory("testing")
        try FileManager.default.createDirectory(atPath: directory + "/Sources", withIntermediateDirectories: true)
        try "".write(toFile: directory + "/Sources/c.c", atomically: true, encoding: .utf8)
        try "{\"project\": {\"name\": \"c\", \"language\": \"c\"}}".write(
            toFile: directory + "/wasmesh.json", atomically: true, encoding: .utf8)
        try "@mesh(namespace: \"c\", version: \"1.0\")\nservice S { m(x: Int!): Int! }\n".write(
            toFile: directory + "/c.mesh.graphql", atomically: true, encoding: .utf8)
        let run = try await test(directory)
        #expect(run.exit == 2)
        #expect(run.error.contains("isn't written in Swift"), "\(run)")
    }

    private func test(_ project: String, _ options: String...) async throws -> Wasmesh.Outcome {
        try await Wasmesh.run(["test"] + options, in: project, within: .seconds(300))
    }

    /// Services that only the sandbox finds wrong: it has the schema's rules, and a cap on memory.
    private func write(_ project: String) throws {
        let files = [
            "probe.mesh.graphql": """
            @mesh(namespace: "probe", version: "0.1.0")
            type Note @key(field: "id") { id: ID!  text: String! @length(max: 5) }
            service Notes @state(type: "Note") {
              write(id: ID!, text: String!): Int!
              who: String!
              @workflow
              fill(id: ID!, bytes: Int!): Int!
              @workflow
              own(id: ID!): String!
            }
            """,
            "Sources/Probe/Visits.swift": """
            import Mesh

            struct Notes: NotesService {
                func write(id: ID, text: String, mesh: NotesContext) throws(MeshError) -> Int {
                    mesh.state = Note(id: id, text: text)
                    return text.utf8.count
                }

                func who(mesh: NotesContext) throws(MeshError) -> String { name(mesh.principal) }

                /// Asks for itself, and in a local step.
                func own(id: ID, mesh: NotesWorkflow) throws(MeshError) -> String {
                    try mesh.sleep(for: .seconds(1))
                    return name(mesh.principal) + "; " + (try mesh.call(Notes.who()))
                }

                private func name(_ principal: Principal?) -> String {
                    guard let principal else { return "nobody" }
                    return principal.has("clerk") ? principal.name + ", clerk" : principal.name
                }

                func fill(id: ID, bytes: Int, mesh: NotesWorkflow) throws(MeshError) -> Int {
                    try mesh.sleep(for: .seconds(1))
                    let filled = [UInt8](repeating: UInt8(bytes % 7), count: bytes)
                    return Int(filled[bytes / 2])
                }
            }
            """,
            "Tests/ProbeTests/VisitsTests.swift": """
            import Mesh
            import Testing

            @testable import Probe

            @Test func `a short text is kept`() throws {
                #expect(try WorkflowTest(MeshModule.self).call(Notes.write(id: "a", text: "abc")) == 3)
            }

            @Test func `who calls is known`() throws {
                let test = WorkflowTest(MeshModule.self, principal: Principal("ada é", roles: ["till", "clerk"]))
                #expect(try test.call(Notes.who()) == "ada é, clerk")
                #expect(try test.run(Notes.own(id: "b")) == "ada é, clerk; ada é, clerk")
                test.principal = Principal("root", isAdministrator: true)
                #expect(try test.call(Notes.who()) == "root, clerk")
                test.principal = nil
                #expect(try test.call(Notes.who()) == "nobody")
                #expect(try test.run(Notes.own(id: "c")) == "nobody; nobody")
            }

            @Test func `a long text is kept`() throws {
                #expect(try WorkflowTest(MeshModule.self).call(Notes.write(id: "a", text: "abcdef")) == 6)
            }

            @Test func `much memory is filled`() throws {
                let test = WorkflowTest(MeshModule.self)
                do {
                    #expect(try test.run(Notes.fill(id: "a", bytes: 100_000_000)) == 2)
                } catch {
                    Issue.record("\\(error), after \\(test.logged.map(\\.text))")
                }
            }

            @Test func `this is about the native build`() throws {
                let test = WorkflowTest(MeshModule.self, isNative: true)
                #expect(!test.isInSandbox)
                #expect(try test.call(Notes.write(id: "a", text: "abcdef")) == 6)
            }
            """,
        ]
        for (path, text) in files {
            try (text + "\n").write(toFile: project + "/" + path, atomically: true, encoding: .utf8)
        }
        try? FileManager.default.removeItem(atPath: project + "/Sources/Probe/Generated")
    }
}
