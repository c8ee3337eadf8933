import Embedded
import Foundation
import Glibc
import TestSupport
import Testing

/// Starting and stopping.
@Suite struct StoppingTests {
    @Test func `Ctrl-C ends dev cleanly within seconds, with its servers`() async throws {
        let directory = try scratchDirectory("stopping")
        let mesh = try await DevelopmentProcess(in: directory, ["--no-build"])
        let postgres = try #require(URL(string: mesh.postgres)?.port)
        mesh.child.signal(SIGINT)
        try await eventually("dev to end", within: .seconds(15)) { !mesh.child.isRunning }
        #expect(mesh.child.exitCode == 0, "\(mesh.text)")
        #expect(!FileManager.default.fileExists(atPath: directory + "/.wasmesh/dev/env.json"))
        let psql = await #expect(throws: EmbeddedError.self) { try await mesh.sql("select 1") }
        #expect(psql?.message.contains("\(postgres)") == true)
    }

    @Test func `state survives a restart of dev`() async throws {
        let parent = try scratchDirectory("restart")
        _ = try await Wasmesh.run(["init", "hello"], in: parent)
        let project = parent + "/hello"
        for count in 1...2 {
            let mesh = try await DevelopmentProcess(in: project, ["--no-watch"])
            let run = try await mesh.wasmesh("call", "hello.Visits/welcome", #"{"guest": "ada"}"#, "--json")
            #expect(run.out.contains("\"count\":\(count)"), "\(run) \(mesh.text)")
            // Those that have ended in good order are gone from the list.
            #expect(try await mesh.sql("select count(*) from mesh.worker") == "4", "router, worker, relay and egress")
            mesh.child.signal(SIGTERM)
            try await eventually("dev to end", within: .seconds(15)) { !mesh.child.isRunning }
        }
    }

    @Test func `a killed dev leaves nothing behind that a new one can't take over`() async throws {
        let parent = try scratchDirectory("crash")
        _ = try await Wasmesh.run(["init", "hello"], in: parent)
        let project = parent + "/hello"
        let first = try await DevelopmentProcess(in: project, ["--no-watch"])
        _ = try await first.wasmesh("call", "hello.Visits/welcome", #"{"guest": "ada"}"#)
        first.child.signal(SIGKILL)
        try await eventually("dev to end") { !first.child.isRunning }
        let second = try await DevelopmentProcess(in: project, ["--no-watch"])
        let run = try await second.wasmesh("call", "hello.Visits/welcome", #"{"guest": "ada"}"#, "--json")
        #expect(run.out.contains("\"count\":2"), "\(run) \(second.text)")
        second.child.signal(SIGTERM)
        try await eventually("dev to end", within: .seconds(15)) { !second.child.isRunning }
    }

    @Test func `a broker that ends by itself is started again, and calls go on`() async throws {
        let parent = try scratchDirectory("broker")
        _ = try await Wasmesh.run(["init", "hello"], in: parent)
        let mesh = try await DevelopmentProcess(in: parent + "/hello", ["--no-watch"])
        _ = try await mesh.wasmesh("call", "hello.Visits/welcome", #"{"guest": "ada"}"#)
        kill(try #require(mesh.broker), SIGKILL)
        try await eventually("another call:\n\(mesh.text)", within: .seconds(60)) {
            let run = try await mesh.wasmesh("call", "hello.Visits/welcome", #"{"guest": "grace"}"#, "--json")
            return run.out.contains("\"count\":")
        }
        mesh.child.signal(SIGTERM)
        try await eventually("dev to end", within: .seconds(15)) { !mesh.child.isRunning }
    }
}

extension DevelopmentProcess {
    /// The process of its broker.
    fileprivate var broker: Int32? {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.lazy.compactMap { Int32($0) }.first { process in
            let command = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return command.contains("tansu") && command.contains("tcp://\(self.kafka)")
        }
    }
}
