import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing
import Workflows

@testable import WasmWorker

/// Ended workflows that begin anew, on a real broker, a real Postgres and a real sandbox.
@Suite(.serialized, .timeLimit(.minutes(4))) struct WorkflowRestartTests {
    /// As a router does, until the worker has loaded the package.
    private func restart(_ mesh: FlowMesh, _ key: String, _ restart: WorkflowRestart) async throws -> String {
        try await eventually("the package to be loaded", within: .seconds(20)) {
            let order = try mesh.order(key, .restart(restart))
            let text = try await mesh.reply(to: order).text
            return text.contains("NOT_FOUND") ? nil : text
        }
    }

    private func digest(_ mesh: FlowMesh, _ key: String) async throws -> String {
        try #require(try await mesh.record(key)).row.digest
    }

    @Test func `a failed workflow begins anew on what is deployed, with its state, and answers nobody twice`()
        async throws
    {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { worker in
                let call = try mesh.start("a", "LWF")
                _ = try mesh.send("t.Flow/approve", key: "a", "{}")
                #expect(try await mesh.reply(to: call).text.contains("NO_LUCK"))
                let deployed = try await mesh.deploy(version: "1.1.0")
                #expect(try await restart(mesh, "a", WorkflowRestart(run: 1, digest: deployed)) == "{}")
                try await mesh.wait(for: "a") { $0.run == 2 && $0.waitingFor == "signal approve" }
                let row = try #require(try await mesh.record("a")).row
                #expect(row.digest == deployed && row.version == "1.1.0" && row.endedAt == nil && row.error == nil)
                #expect(try await mesh.effects(of: "a", in: "t.Flow") == 2)
                let again = try mesh.order("a", .restart(WorkflowRestart(run: 2, digest: deployed)))
                #expect(try await mesh.reply(to: again).text.contains("FAILED_PRECONDITION"))
                _ = try mesh.send("t.Flow/approve", key: "a", "{}")
                try await mesh.wait(for: "a") { $0.status == .failed }
                let other = WorkflowRestart(run: 2, digest: deployed, input: Array(#"{"plan":"LL"}"#.utf8))
                #expect(try await restart(mesh, "a", other) == "{}")
                try await mesh.wait(for: "a") { $0.status == .completed }
                // Whoever asks with these arguments now gets what they came to.
                let (joined, former) = (try mesh.start("a", "LL"), try mesh.start("a", "LWF"))
                #expect(try await mesh.reply(to: joined).text == #"{"value":"LL"}"#)
                #expect(try await mesh.reply(to: former).text.contains("CONFLICT"))
                #expect(mesh.replies.all.count { $0.extensions.replyFor == call } == 1)
                #expect(worker.statistics.workflowsStarted == 3)
            }
            #expect(try await mesh.effects(of: "a", in: "t.Flow") == 4)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.timer") == 0)
            #expect(try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 0)
            // The former lives can still be looked at.
            #expect(try await mesh.count("SELECT count(DISTINCT run) FROM mesh.journal WHERE id = 'a'") == 3)
        }
    }

    @Test func `two orders about one end are one restart, whatever becomes of the worker between them`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker("first") { _ in
                let call = try mesh.start("a", "LF")
                #expect(try await mesh.reply(to: call).status == .error)
            }
            let digest = try await digest(mesh, "a")
            let orders = try (0..<3).map { _ in
                try mesh.order("a", .restart(WorkflowRestart(run: 1, digest: digest)))
            }
            let child = try MeshChild.worker("killed", kafka: mesh.kafka, postgres: mesh.url)
            try await mesh.wait(for: "a") { $0.run == 2 }
            child.kill()
            try await mesh.withWorker("last") { _ in
                try await mesh.wait(for: "a") { $0.run == 2 && $0.status == .failed }
                #expect(try await mesh.reply(to: orders[2]).text.contains("FAILED_PRECONDITION"))
            }
            #expect(try await mesh.effects(of: "a", in: "t.Flow") == 2)
            #expect(try await mesh.record("a")?.row.run == 2)
        }
    }

    @Test func `from an entry nothing is done again, and a child that is restarted is nobody's`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let call = try mesh.start("a", "RLCWF")
                _ = try mesh.send("t.Flow/approve", key: "a", "{}")
                #expect(try await mesh.reply(to: call).status == .error)
                let digest = try await digest(mesh, "a")
                let receive = try #require(try await mesh.record("a")?.journal.first { $0.kind == .receive })
                let order = WorkflowRestart(run: 1, digest: digest, sequence: receive.sequence)
                #expect(try await restart(mesh, "a", order) == "{}")
                try await mesh.wait(for: "a") { $0.run == 2 && $0.status == .failed }
                #expect(try await mesh.effects(of: "a/0", in: "t.Remote") == 1)
                #expect(try await mesh.effects(of: "a", in: "t.Flow") == 1)
                #expect(try await mesh.effects(of: "a-c0", in: "t.Flow") == 1)
                #expect(try await mesh.record("a-c0")?.row.parent == WorkflowID(service: "t.Flow", key: "a"))
                #expect(try await restart(mesh, "a-c0", WorkflowRestart(run: 1, digest: digest)) == "{}")
                try await mesh.wait(for: "a-c0") { $0.run == 2 && $0.status == .completed }
                #expect(try await mesh.record("a-c0")?.row.parent == nil)
                #expect(try await mesh.effects(of: "a-c0", in: "t.Flow") == 2)
                #expect(try await mesh.record("a")?.row.run == 2)
            }
        }
    }

    @Test func `what its retention has removed isn't there to be restarted`() async throws {
        try await FlowMesh.with { mesh in
            try await mesh.withWorker { _ in
                let call = try mesh.start("a", "LF")
                #expect(try await mesh.reply(to: call).status == .error)
                let digest = try await digest(mesh, "a")
                _ = try await mesh.database.query(
                    .oneOff("UPDATE mesh.workflow SET ended_at = now() - interval '30 days'"))
                #expect(try await mesh.count("SELECT mesh.forget_workflows(10)") == 1)
                let order = try mesh.order("a", .restart(WorkflowRestart(run: 1, digest: digest)))
                #expect(try await mesh.reply(to: order).text.contains("INSTANCE_NOT_FOUND"))
            }
        }
    }
}
