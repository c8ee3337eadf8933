import HTTPServer
import MeshCore
import Outbox
import TestSupport
import Testing
import Workflows

@testable import WasmWorker

/// Workflows that call the outside, on real processes: a worker, a relay, egress processes.
@Suite(.serialized, .timeLimit(.minutes(4))) struct OutsideCallTests {
    /// A server outside; it tells who has asked it.
    private static func withOutside(
        _ mesh: FlowMesh, taking delay: Duration,
        _ body: (_ port: UInt16, _ asked: Collector<String>) async throws -> Void
    ) async throws {
        let asked = Collector<String>()
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            asked.append(request.path)
            try? await Task.sleep(for: delay)
            return .text("ok")
        }
        _ = try await AdminStore(mesh.database).grant(
            try Capability("http:http://127.0.0.1:\(server.port)/"), to: "t.Flow", by: "test")
        do { try await body(server.port, asked) } catch {
            await server.stop(drainWithin: .zero)
            throw error
        }
        await server.stop(drainWithin: .zero)
    }

    private func child(_ words: [String], _ name: String, _ mesh: FlowMesh) throws -> MeshChild {
        try MeshChild(words + ["--log-format", "text"], name: name, kafka: mesh.kafka, postgres: mesh.url)
    }

    private let ended = "SELECT count(*) FROM mesh.workflow WHERE status = 'completed'"

    @Test func `whatever is killed, each call reaches the outside once at most, and each workflow hears of it`()
        async throws
    {
        var seed = Seed()
        try await FlowMesh.with { mesh in
            try await Self.withOutside(mesh, taking: .milliseconds(30)) { port, asked in
                let relay = try child(["relay"], "relay", mesh)
                defer { relay.kill() }
                let keys = (0..<300).map { "k\($0)" }
                for key in keys { try mesh.start(key, "LO\(port)L") }
                for round in 0..<5 {
                    let worker = try MeshChild.worker("killed\(round)", kafka: mesh.kafka, postgres: mesh.url)
                    let egress = try child(["egress", "--concurrency", "8"], "egress\(round)", mesh)
                    let goal = min(asked.count + seed.integer(in: 10...50), keys.count)
                    try await eventually("\(goal) to have asked", within: .seconds(60)) { asked.count >= goal }
                    // Now one of them first, now the other.
                    for one in seed.chance(0.5) ? [worker, egress] : [egress, worker] {
                        one.kill()
                        // At any point of what the other does by itself.
                        try await Task.sleep(for: .milliseconds(seed.integer(in: 0...100)))
                    }
                }
                let last = try child(["egress"], "egress-last", mesh)
                defer { last.kill() }
                try await mesh.withWorker("last") { _ in
                    try await eventually("all ended", within: .seconds(90)) {
                        try await mesh.count(ended) == keys.count
                    }
                }
                let times = Dictionary(grouping: asked.all) { $0 }.mapValues(\.count)
                #expect(times.values.allSatisfy { $0 == 1 }, "\(times.filter { $0.value > 1 }), \(seed)")
                // Who got an answer has asked; who heard that nobody knows may have.
                let answered = try await mesh.count("SELECT count(*) FROM mesh.workflow WHERE result->>'value' = 'LOL'")
                let unknown = try await mesh.count("SELECT count(*) FROM mesh.workflow WHERE result->>'value' = 'L!L'")
                #expect(
                    answered + unknown == keys.count && answered <= times.count && unknown <= 5 * 8,
                    "\(unknown), \(seed)")
                let odd =
                    "SELECT count(*) FROM mesh.journal WHERE kind = 'failed' AND result->>'code' <> 'COMMUNICATION_FAILURE'"
                #expect(try await mesh.count(odd) == 0)
                #expect(try await mesh.count("SELECT count(*) FROM mesh.http_call") == 0)
                #expect(try await mesh.effects().allSatisfy { $0.value == 2 })
                #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
            }
        }
    }

    @Test
    func `a call waits for an egress process, and isn't made for a workflow that was ended or restarted meanwhile`()
        async throws
    {
        try await FlowMesh.with { mesh in
            try await Self.withOutside(mesh, taking: .zero) { port, asked in
                let relay = try child(["relay"], "relay", mesh)
                defer { relay.kill() }
                try await mesh.withWorker { _ in
                    for key in ["a", "b", "c"] { try mesh.start(key, "LO\(port)") }
                    let waiting = "SELECT count(*) FROM mesh.http_call WHERE owner IS NULL"
                    try await eventually("three calls to wait", within: .seconds(30)) {
                        try await mesh.count(waiting) == 3
                    }
                    #expect(try await mesh.count(waiting + " AND origin = 'http://127.0.0.1:\(port)'") == 3)
                    for key in ["a", "c"] {
                        let ordered = try mesh.order(key, .terminate(reason: "enough", caller: nil))
                        _ = try await mesh.reply(to: ordered)
                    }
                    // The call of its former life isn't one of the new.
                    let digest = try #require(try await mesh.record("c")).row.digest
                    let restarted = try mesh.order("c", .restart(WorkflowRestart(run: 1, digest: digest)))
                    _ = try await mesh.reply(to: restarted)
                    try await eventually("the new life's call to wait beside those of the others", within: .seconds(30))
                    {
                        guard try await mesh.count(waiting + " AND operation LIKE '2.%'") == 1 else { return false }
                        return try await mesh.count(waiting) == 3
                    }
                    // Nor is that of an operation that a reset has taken away; what went on before it stays.
                    try mesh.start("d", "LO\(port)")
                    try await eventually("a fourth call to wait", within: .seconds(30)) {
                        try await mesh.count(waiting + " AND workflow = 'd'") == 1
                    }
                    let reset = try mesh.order("d", .reset(sequence: 1))
                    _ = try await mesh.reply(to: reset)
                    try await eventually("the call of the run behind the reset alone", within: .seconds(30)) {
                        guard try await mesh.count(waiting + " AND workflow = 'd'") == 1 else { return false }
                        return try await mesh.count(waiting + " AND workflow = 'd' AND operation LIKE '2.%'") == 1
                    }
                    let egress = try child(["egress"], "egress", mesh)
                    defer { egress.kill() }
                    for key in ["b", "c", "d"] { try await mesh.wait(for: key) { $0.status == .completed } }
                    try await eventually("both to be gone", within: .seconds(20)) {
                        try await mesh.count("SELECT count(*) FROM mesh.http_call") == 0
                    }
                }
                #expect(asked.all.sorted() == ["/b", "/c", "/d"])
            }
        }
    }
}
