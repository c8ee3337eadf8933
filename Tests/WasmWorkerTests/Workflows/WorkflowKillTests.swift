import MeshCore
import Outbox
import TestSupport
import Testing

@testable import WasmWorker

/// Workflows whose worker is killed in the midst of them.
@Suite(.serialized, .timeLimit(.minutes(4))) struct WorkflowKillTests {
    /// I1, I5, I7 for workflows: nothing is lost, nothing is done twice.
    @Test func `a thousand workflows whose worker is killed again and again all finish, each effect once`() async throws
    {
        var seed = Seed()
        try await FlowMesh.with { mesh in
            let plans = ["LRSL", "RRL", "LLL", "CRL", "SRS", "LWL", "AL", "RQL"]
            var asked: [String] = []
            var started: [(key: String, plan: String, call: String)] = []
            func start(_ count: Int) throws {
                for _ in 0..<count {
                    let key = "k\(started.count)"
                    let plan = plans[started.count % plans.count]
                    started.append((key, plan, try mesh.start(key, plan)))
                    if plan.contains("W") { _ = try mesh.send("t.Flow/approve", key: key, "{}", extensions: .init()) }
                    if plan.contains("Q") { asked.append(try mesh.send("t.Flow/ask", key: key, "{}")) }
                }
            }
            let finished = "SELECT count(*) FROM mesh.workflow WHERE status = 'completed' AND id !~ '-c'"
            for round in 0..<4 {
                try start(250)
                let child = try MeshChild.worker("killed\(round)", kafka: mesh.kafka, postgres: mesh.url)
                // Somewhere in the midst of what it does.
                let goal = round * 250 + seed.integer(in: 1...230)
                try await eventually("\(goal) finished", within: .seconds(60)) {
                    try await mesh.count(finished) >= goal
                }
                child.kill()
            }
            try await mesh.withWorker("last") { _ in
                try await eventually("all finished", within: .seconds(60)) {
                    try await mesh.count(finished) == started.count
                }
            }
            let effects = try await mesh.effects()
            var answers: [String: String] = [:]
            try await eventually("all answers", within: .seconds(20)) {
                for reply in mesh.replies.all {
                    answers[reply.extensions.replyFor ?? ""] = String(decoding: reply.data, as: UTF8.self)
                }
                return (started.map(\.call) + asked).allSatisfy { answers[$0] != nil }
            }
            // Whoever asked was answered by the code, whichever of its lives that was.
            for call in asked { #expect(answers[call] == #"{"value":"Q"}"#, "\(seed)") }
            let replies = "SELECT count(*) FROM mesh.journal WHERE kind = 'reply'"
            #expect(try await mesh.count(replies) == asked.count)
            for (key, plan, call) in started {
                #expect(answers[call]?.count == #"{"value":""}"#.count + plan.count, "\(seed)")
                let local = plan.count { $0 == "L" || $0 == "Q" }
                #expect(effects["t.Flow " + key] ?? 0 == local, "\(key) \(plan), \(seed)")
                for step in 0..<plan.count(where: { $0 == "R" }) {
                    #expect(effects["t.Remote \(key)/\(step)"] == 1, "\(key), \(seed)")
                }
                for step in 0..<(plan.contains("A") ? 10 : 0) {
                    #expect(effects["t.Remote \(key)/a\(step)"] == 1, "\(key), \(seed)")
                }
            }
            let doubled = "SELECT count(*) FROM (SELECT FROM mesh.journal GROUP BY id, seq HAVING count(*) > 1) d"
            #expect(try await mesh.count(doubled) == 0)
            let unfired = """
                SELECT count(*) FROM mesh.journal t WHERE kind = 'timer' AND 1 <> (SELECT count(*) FROM mesh.journal f
                WHERE f.id = t.id AND f.op = t.op AND f.kind = 'fired')
                """
            #expect(try await mesh.count(unfired) == 0)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.timer") == 0)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
        }
    }
}
