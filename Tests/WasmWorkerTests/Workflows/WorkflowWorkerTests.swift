import Kafka
import MeshCore
import MeshRouter
import Outbox
import Postgres
import TestSupport
import Testing
import Workflows

@testable import WasmWorker
/// Workflows on a real broker, a real Postgres and a real sandbox.
@Suite(.serialized, .timeLimit(.minutes(4))) struct WorkflowWorkerTests {
    @Test func `local and remote steps run one after the other, each once`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let local = try mesh.start("a", "LLL")
                #expect(try await mesh.reply(to: local).text == #"{"value":"LLL"}"#)
                let remote = try mesh.start("b", "RLRRA")
                #expect(try await mesh.reply(to: remote).text == #"{"value":"RLRRA"}"#)
                // An error of the callee is the code's to handle; here it goes on.
                let refused = try mesh.start("c", "NL")
                #expect(try await mesh.reply(to: refused).text == #"{"value":"!L"}"#)
            }
            #expect(try await mesh.effects(of: "a", in: "t.Flow") == 3)
            #expect(try await mesh.effects(of: "b", in: "t.Flow") == 1)
            for step in 0..<3 { #expect(try await mesh.effects(of: "b/\(step)", in: "t.Remote") == 1) }
            for step in 0..<10 { #expect(try await mesh.effects(of: "b/a\(step)", in: "t.Remote") == 1) }
            let kinds = try await mesh.record("b")?.journal.map(\.kind)
            #expect(kinds?.prefix(4) == [.started, .call, .answered, .local])
            #expect(kinds?.last == .completed)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.timer") == 0)
        }
    }

    @Test func `a workflow that fails, crashes or is asked for twice answers as promised`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let failed = try mesh.start("f", "LF")
                let failure = try await mesh.reply(to: failed)
                #expect(failure.status == .error && failure.text.contains("NO_LUCK"))
                let first = try mesh.start("w", "W")
                try await mesh.wait(for: "w") { $0.waitingFor == "signal approve" }
                let second = try mesh.start("w", "W")
                let other = try mesh.start("w", "L")
                #expect(try await mesh.reply(to: other).text.contains("CONFLICT"))
                let signal = try mesh.send("t.Flow/approve", key: "w", "{}")
                #expect(try await mesh.reply(to: signal).text == "{}")
                #expect(try await mesh.reply(to: first).text == #"{"value":"W"}"#)
                #expect(try await mesh.reply(to: second).text == #"{"value":"W"}"#)
                let late = try mesh.start("w", "W")
                #expect(try await mesh.reply(to: late).text == #"{"value":"W"}"#)
                let after = try mesh.send("t.Flow/approve", key: "w", "{}")
                #expect(try await mesh.reply(to: after).text.contains("FAILED_PRECONDITION"))
                let nobody = try mesh.send("t.Flow/approve", key: "nobody", "{}")
                #expect(try await mesh.reply(to: nobody).text.contains("INSTANCE_NOT_FOUND"))
                _ = try mesh.start("t", "LT")
                try await mesh.wait(for: "t") { $0.attempt > 0 }
                #expect(try await mesh.effects(of: "t", in: "t.Flow") == 0)
            }
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
        }
    }

    @Test func `signals are taken in order, early ones wait, and queries only read`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let start = try mesh.start("s", "RWW")
                _ = try mesh.send("t.Flow/approve", key: "s", #"{"by":"early"}"#)
                let query = try mesh.send("t.Flow/look", key: "s", "{}")
                #expect(try await mesh.reply(to: query).text == #"{"value":"none"}"#)
                let writing = try mesh.send("t.Flow/look", key: "s", #"{"write":true}"#)
                #expect(try await mesh.reply(to: writing).text == #"{"value":"none"}"#)
                try await mesh.wait(for: "s") { $0.waitingFor == "signal approve" }
                _ = try mesh.send("t.Flow/approve", key: "s", #"{"by":"late"}"#)
                #expect(try await mesh.reply(to: start).text == #"{"value":"RWW"}"#)
            }
            let signals = try await mesh.record("s")?.journal.filter { $0.kind == .signal }
            #expect(
                signals?.compactMap(\.request).map { String(decoding: $0, as: UTF8.self) }
                    == [#"{"by":"early"}"#, #"{"by":"late"}"#])
        }
    }

    @Test func `children end before their parent, and a cancel is delivered to both`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { worker in
                let parent = try mesh.start("p", "CCL")
                #expect(try await mesh.reply(to: parent).text == #"{"value":"CCL"}"#)
                #expect(try await mesh.record("p-c1")?.row.parent == WorkflowID(service: "t.Flow", key: "p"))
                #expect(try await mesh.effects(of: "p-c0", in: "t.Flow") == 1)
                let sleeper = try mesh.start("h", "LH")
                try await mesh.wait(for: "h") { $0.waitingFor == "timer" }
                let order = try mesh.order("h", .cancel(reason: "enough", caller: nil))
                #expect(try await mesh.reply(to: order).text == "{}")
                let end = try await mesh.reply(to: sleeper)
                #expect(end.status == .error)
                #expect(try await mesh.record("h")?.row.status == .cancelled)
                let statistics = worker.statistics
                #expect(statistics.workflowsStarted == 4)
                #expect(
                    statistics.workflowsEnded.map { "\($0.status) \($0.count)" } == [
                        "completed 3", "failed 0", "cancelled 1", "terminated 0",
                    ])
                // Each child sleeps once; the parent's code runs three times at least, over what it had then.
                #expect(statistics.timers >= 2 && statistics.activations >= 8)
                #expect(statistics.replayedEntries > statistics.activations)
            }
            #expect(try await mesh.count("SELECT count(*) FROM mesh.timer") == 0)
        }
    }

    @Test func `a workflow calls three thousand others at once and waits for them as a group`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let began = ContinuousClock.now
                let call = try mesh.start("many", "G3000L")
                #expect(try await mesh.reply(to: call, within: .seconds(60)).text == #"{"value":"GL"}"#)
                let took = ContinuousClock.now - began
                print("three thousand calls and answers: \(took)")
                #expect(took < .seconds(30))
            }
            let once = "SELECT count(*) FROM mesh.state WHERE service = 't.Remote' AND data->>'count' = '1'"
            #expect(try await mesh.count(once) == 3000)
            #expect(try await mesh.record("many")?.journal.count { $0.kind == .answered } == 3000)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
        }
    }
}
