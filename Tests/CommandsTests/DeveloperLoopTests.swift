import Embedded
import Foundation
import HTTPServer
import TestSupport
import Testing

@testable import Commands

@Suite struct DeveloperLoopTests {
    @Test func `dev is ready when its router takes calls, not before`() async throws {
        let asked = Collector<String>()
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            guard request.path == "/api/v1/health" else { return .json(#"{"services":[]}"#) }
            asked.append(request.path)
            let problems = #"[{"part":"replies","problem":"the topic mesh.replies isn't ready yet"}]"#
            return asked.count < 4
                ? .json("{\"ready\":false,\"problems\":\(problems)}") : .json(#"{"ready":true,"problems":[]}"#)
        }
        let output = CapturedOutput().output(json: false)
        let invocation = try Invocation(
            line: ParsedLine.parse(["dev", "--no-build"], root: RootCommand.self), output: output, environment: [:],
            configuration: .empty, directory: "/nonexistent", development: nil)
        let loop = DeveloperLoop(
            project: "/nonexistent", invocation: invocation,
            screen: DevelopmentScreen(output: output, isHeadless: true),
            addresses: DevelopmentAddresses(
                router: "http://127.0.0.1:\(server.port)", kafka: "k", postgres: "p",
                process: ProcessIdentity(number: 1, since: nil), directory: "/nonexistent"),
            token: "t")
        let ready = Collector<Int>()
        let running = Task { try await loop.run { ready.append(asked.count) } }
        #expect(try await ready.wait(for: 1) == [4])
        running.cancel()
        _ = await running.result
        await server.stop(drainWithin: .zero)
    }

    @Test func `what dev builds goes to the pool of its workers, and is built where only the settings name schemas`()
        async throws
    {
        let folder = NSTemporaryDirectory() + "wasmesh-loop-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/contracts", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(SchemaCommandTests.module).write(to: URL(fileURLWithPath: folder + "/guest.wasm"))
        try "@mesh(namespace: \"c\", version: \"1.0\")\nservice S { m(x: Int!): Int! }\n".write(
            toFile: folder + "/contracts/c.graphql", atomically: true, encoding: .utf8)
        let settings =
            #"{"worker": {"pool": "blue"}, "project": {"name": "c", "language": "wasm", "module": "guest.wasm", "schemas": ["contracts/c.graphql"]}}"#
        try settings.write(toFile: folder + "/wasmesh.json", atomically: true, encoding: .utf8)
        let pools = Collector<String?>()
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            if request.path == "/api/v1/deployments" { pools.append(request.query.first { $0.name == "pool" }?.value) }
            return .json(#"{"ready":true,"services":[]}"#)
        }
        let output = CapturedOutput().output(json: false)
        let invocation = try Invocation(
            line: ParsedLine.parse(["dev", "--no-watch"], root: RootCommand.self), output: output, environment: [:],
            configuration: ConfigurationFile.read(settings, path: "wasmesh.json"), directory: folder, development: nil)
        let loop = DeveloperLoop(
            project: folder, invocation: invocation, screen: DevelopmentScreen(output: output, isHeadless: true),
            addresses: DevelopmentAddresses(
                router: "http://127.0.0.1:\(server.port)", kafka: "k", postgres: "p",
                process: ProcessIdentity(number: 1, since: nil), directory: folder),
            token: "t")
        let running = Task { try await loop.run {} }
        #expect(try await pools.wait(for: 1) == ["blue"])
        running.cancel()
        _ = await running.result
        await server.stop(drainWithin: .zero)
    }
}
