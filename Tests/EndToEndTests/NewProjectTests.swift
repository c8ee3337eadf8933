import Foundation
import TestSupport
import Testing

/// What needs no mesh: projects, builds, schemas, refusals.
@Suite struct NewProjectTests {
    @Test func `a new project builds at once, and twice the same`() async throws {
        let parent = try scratchDirectory("project")
        let made = try await Wasmesh.run(["init", "greeter"], in: parent)
        #expect(made.exit == 0, "\(made)")
        let first = try await Wasmesh.run(["build", "--json"], in: parent + "/greeter")
        let second = try await Wasmesh.run(["build", "--json"], in: parent + "/greeter")
        #expect(first.exit == 0, "\(first)")
        #expect(first.out == second.out)
        #expect(FileManager.default.fileExists(atPath: parent + "/greeter/.wasmesh/build/greeter.wasm"))
    }

    @Test func `init doesn't touch a directory that isn't empty`() async throws {
        let parent = try scratchDirectory("project")
        try FileManager.default.createDirectory(atPath: parent + "/shop", withIntermediateDirectories: true)
        try "mine".write(toFile: parent + "/shop/notes.txt", atomically: true, encoding: .utf8)
        let run = try await Wasmesh.run(["init", "shop"], in: parent)
        #expect(run.exit == 1)
        #expect(run.error.contains("isn't empty"), "\(run)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent + "/shop") == ["notes.txt"])
    }

    @Test func `a compiler error is one of the author's lines`() async throws {
        let parent = try scratchDirectory("project")
        _ = try await Wasmesh.run(["init", "broken"], in: parent)
        let path = parent + "/broken/Sources/Broken/Visits.swift"
        let source = try String(contentsOfFile: path, encoding: .utf8)
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false).count
        try (source + "let nonsense: Int = \"text\"\n").write(toFile: path, atomically: true, encoding: .utf8)
        let run = try await Wasmesh.run(["build"], in: parent + "/broken")
        #expect(run.exit == 1)
        #expect(run.error.contains("Sources/Broken/Visits.swift:\(lines):21: error:"), "\(run)")
    }

    @Test func `schema check prints each error with its place and ends with 1, or 0 without any`() async throws {
        let directory = try scratchDirectory("schema")
        let good = "@mesh(namespace: \"a\", version: \"1.0\")\nservice S { m(x: Int!): Int! }\n"
        try good.write(toFile: directory + "/good.mesh.graphql", atomically: true, encoding: .utf8)
        try (good + "type T { a: Nope!  b: Neither! }\n").write(
            toFile: directory + "/bad.mesh.graphql", atomically: true, encoding: .utf8)
        let fine = try await Wasmesh.run(["schema", "check", "good.mesh.graphql"], in: directory)
        #expect(fine.exit == 0, "\(fine)")
        #expect(fine.out == "")
        let bad = try await Wasmesh.run(["schema", "check", "bad.mesh.graphql"], in: directory)
        #expect(bad.exit == 1)
        let lines = bad.out.split(separator: "\n")
        #expect(lines.count == 2, "\(bad)")
        #expect(lines.allSatisfy { $0.hasPrefix("bad.mesh.graphql:3:") && $0.contains(": error: ") }, "\(bad)")
    }

    @Test func `an unknown key in wasmesh json stops every command with its place`() async throws {
        let directory = try scratchDirectory("configuration")
        try "{\n  \"ruoter\": {}\n}".write(toFile: directory + "/wasmesh.json", atomically: true, encoding: .utf8)
        for command in ["dev", "router", "services"] {
            let run = try await Wasmesh.run([command], in: directory)
            #expect(run.exit == 2)
            #expect(run.error == "wasmesh.json:2:3: error: unknown key 'ruoter'; did you mean 'router'?\n")
        }
    }

    @Test(arguments: [["services"], ["call", "a.B/c", "{}"], ["deploy", "12345678"], ["emit", "a.b", "{}"]])
    func `without a mesh a command ends with 3 and says how to start one`(_ words: [String]) async throws {
        let directory = try scratchDirectory("nothing")
        let run = try await Wasmesh.run(words, in: directory, environment: ["WASMESH_URL": "http://127.0.0.1:9"])
        #expect(run.exit == 3)
        #expect(run.error.contains("wasmesh dev"), "\(run)")
    }

    @Test(arguments: ["router", "worker", "relay", "egress"])
    func `a process without its servers' addresses says which setting is missing`(_ command: String) async throws {
        let run = try await Wasmesh.run([command], in: try scratchDirectory("nothing"))
        #expect(run.exit == 2)
        #expect(run.error.contains("WASMESH_POSTGRES"), "\(run)")
    }

    @Test func `doctor names what it can't reach and ends with 3`() async throws {
        let run = try await Wasmesh.run(
            [
                "doctor", "--json", "--kafka", "127.0.0.1:9", "--postgres", "postgresql://127.0.0.1:9/x", "--url",
                "http://127.0.0.1:9",
            ],
            in: try scratchDirectory("nothing"))
        let findings = try #require(try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [[String: String]])
        let unreachable = findings.filter { $0["verdict"] == "unreachable" }.compactMap { $0["subject"] }
        #expect(unreachable == ["postgres", "kafka", "router"])
        #expect(run.exit == 3)
    }
}
