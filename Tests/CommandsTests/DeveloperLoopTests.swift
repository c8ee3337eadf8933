import Embedded
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
}
