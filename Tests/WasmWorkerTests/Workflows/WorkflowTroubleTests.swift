import Kafka
import MeshCore
import MeshRouter
import Outbox
import Postgres
import TestSupport
import Testing
import Workflows

@testable import WasmWorker
/// Workflows on real parts whose package changes, or whose calls and doings fail.
@Suite(.serialized, .timeLimit(.minutes(4))) struct WorkflowTroubleTests {
    @Test func `a workflow stays on its package, and new ones start on what is deployed`() async throws {
        try await FlowMesh.with { mesh in
            let old = try await mesh.deploy(version: "1.0.1")
            try await mesh.withWorker { _ in
                let waiting = try mesh.start("old", "WL")
                let kept = try mesh.start("kept", "WL")
                try await mesh.wait(for: "old") { $0.waitingFor == "signal approve" }
                try await mesh.wait(for: "kept") { $0.waitingFor == "signal approve" }
                let new = try await mesh.deploy(version: "1.1.0")
                // The worker hears of a deploy within a second.
                try await eventually("a start on the new package", within: .seconds(20)) {
                    let key = "new-\(MessageID.make())"
                    _ = try await mesh.reply(to: try mesh.start(key, "L"))
                    return try await mesh.record(key)?.row.digest == new
                }
                _ = try mesh.send("t.Flow/approve", key: "old", "{}")
                #expect(try await mesh.reply(to: waiting).text == #"{"value":"WL"}"#)
                #expect(try await mesh.record("old")?.row.digest == old)
                _ = kept
            }
            // One that starts after the deploy fetches the former package as well.
            try await mesh.withWorker("w2") { _ in
                _ = try mesh.send("t.Flow/approve", key: "kept", "{}")
                try await mesh.wait(for: "kept") { $0.status == .completed }
                #expect(try await mesh.record("kept")?.row.digest == old)
            }
        }
    }

    @Test func `an open workflow moves to a package that agrees with its journal, and ends there`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let call = try mesh.start("u", "LWRL")
                try await mesh.wait(for: "u") { $0.waitingFor == "signal approve" }
                let old = try await mesh.record("u")?.row.digest
                let new = try await mesh.deploy(version: "1.1.0")
                #expect(old != new)
                // The worker hears of a deploy within a second.
                try await eventually("the upgrade", within: .seconds(20)) {
                    try await mesh.reply(to: try mesh.order("u", .upgrade(digest: new))).text == "{}"
                }
                let row = try #require(try await mesh.record("u")?.row)
                #expect(row.digest == new && row.version == "1.1.0" && row.status == .running)
                _ = try mesh.send("t.Flow/approve", key: "u", "{}")
                #expect(try await mesh.reply(to: call).text == #"{"value":"LWRL"}"#)
            }
            #expect(try await mesh.effects(of: "u", in: "t.Flow") == 2)
            #expect(try await mesh.record("u")?.journal.contains { $0.kind == .upgraded } == true)
        }
    }

    @Test func `a workflow whose doings Postgres refuses is stuck and says why, and the others go on`() async throws {
        try await FlowMesh.with { mesh in
            try await Psql.run(
                mesh.url, "ALTER TABLE mesh.state ADD CONSTRAINT poisoned CHECK (data->>'count' IS DISTINCT FROM '77')")
            try await mesh.withWorker { _ in
                _ = try mesh.start("p", "WP")
                try await mesh.wait(for: "p") { $0.waitingFor == "signal approve" }
                for index in 0..<20 { try mesh.start("l\(index)", "LL") }
                for (key, plan) in [("s", "SP"), ("r", "RP")] { try mesh.start(key, plan) }
                let signal = try mesh.send("t.Flow/approve", key: "p", "{}")
                for index in 20..<40 { try mesh.start("l\(index)", "LL") }
                // What came is kept, though what it led to can't be.
                #expect(try await mesh.reply(to: signal).text == "{}")
                for key in ["p", "s", "r"] { try await mesh.wait(for: key) { $0.status == .stuck } }
                let error = try #require(try await mesh.record("p")?.row.error)
                #expect(String(decoding: error, as: UTF8.self).contains("Postgres can't store"))
                for (key, kind) in [("p", JournalEntry.Kind.signal), ("s", .fired), ("r", .answered)] {
                    #expect(try await mesh.record(key)?.journal.last?.kind == kind)
                }
                // One that never became a workflow is answered, and kept as a dead letter.
                let start = try mesh.start("never", "P")
                #expect(try await mesh.reply(to: start).status == .error)
                try await eventually("the others", within: .seconds(20)) {
                    try await mesh.count("SELECT count(*) FROM mesh.workflow WHERE status = 'completed'") == 40
                }
                let again = try mesh.order("s", .retry)
                #expect(try await mesh.reply(to: again).text.contains("Postgres can't store"), "it is no better yet")
                let terminate = try mesh.order("p", .terminate(reason: "no way", caller: nil))
                #expect(try await mesh.reply(to: terminate).text == "{}")
                try await Psql.run(mesh.url, "ALTER TABLE mesh.state DROP CONSTRAINT poisoned")
                for key in ["s", "r"] {
                    let retry = try mesh.order(key, .retry)
                    #expect(try await mesh.reply(to: retry).text == "{}")
                    try await mesh.wait(for: key) { $0.status == .completed }
                }
            }
            #expect(try await mesh.record("p")?.row.status == .terminated)
            #expect(try await mesh.effects(of: "s", in: "t.Flow") == 77)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.timer") == 0)
            #expect(try await mesh.record("never") == nil)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 1)
        }
    }

    @Test func `a workflow learns of a call that became a dead letter`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let call = try mesh.start("b", "BL")
                #expect(try await mesh.reply(to: call).text == #"{"value":"!L"}"#)
            }
            let failed = try await mesh.record("b")?.journal.first { $0.kind == .failed }?.result
            #expect(failed.map { String(decoding: $0, as: UTF8.self).contains("crashed") } == true)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter WHERE method = 'broken'") == 1)
        }
    }

    @Test func `a local step that crashes is tried again as its method says, and not at all without that`() async throws
    {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let call = try mesh.start("k", "KDL")
                #expect(try await mesh.reply(to: call).text == #"{"value":"!!L"}"#)
            }
            let journal = try #require(try await mesh.record("k")?.journal)
            #expect(journal.filter { $0.kind == .retried }.map(\.op) == [2, 2])
            #expect(journal.filter { $0.kind == .failed }.map(\.op) == [1, 2])
        }
    }

    @Test func `an answer that can't be taken is an error to the workflow that waits for it`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let call = try mesh.start("d", "JL")
                try await mesh.wait(for: "d-j") { $0.waitingFor == "timer" }
                let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
                _ = try mesh.send(
                    "mesh.answer", key: "d", "{\"value\":\(deep)}",
                    extensions: MessageExtensions(status: .ok, operation: "1.1.1"))
                #expect(try await mesh.reply(to: call).text == #"{"value":"!L"}"#)
                let stop = try mesh.order("d-j", .terminate(reason: nil, caller: nil))
                #expect(try await mesh.reply(to: stop).text == "{}")
            }
            let failed = try await mesh.record("d")?.journal.first { $0.kind == .failed }?.result
            #expect(failed.map { String(decoding: $0, as: UTF8.self).contains("64 levels") } == true)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
        }
    }

    /// The journal has 6,001 entries; what takes the time are the three thousand calls of the other service.
}
