import MeshCore
import Outbox
import Testing

@testable import Workflows

/// Calls that a workflow's code sends later.
@Suite struct `A call that a workflow sends later` {
    private func mesh() -> ScriptMesh {
        ScriptMesh { script throws(Script.End) in
            try script.send("mail.M/remind", key: "a", after: 60_000)
            let taken = try script.value(script.call("pay.P/take"))
            try script.send("mail.M/remind", key: "b", after: 1000)
            return taken
        }
    }

    @Test func `it is handed out once, with its time, and the journal tells when it is due`() {
        var mesh = mesh()
        mesh.start()
        mesh.answer(1, "{\"v\":1}")
        #expect(mesh.status == "completed")
        let sent = mesh.published.filter { $0.message.type == "mail.M/remind" }
        let entries = mesh.journal.filter { $0.kind == .send }
        #expect(sent.map(\.message.key) == ["a", "b"] && entries.count == 2)
        #expect(sent.map(\.message.extensions.due) == entries.map(\.due))
        #expect(entries.first.map { $0.at.advanced(by: .milliseconds(60_000)) } == entries.first?.due)
    }

    @Test func `a replay agrees with it, also where the code says another time`() throws {
        var mesh = mesh()
        mesh.start()
        mesh.answer(1, "{\"v\":1}")
        var record = try #require(mesh.record)
        record.journal = mesh.journal
        let changed = Script.code { script throws(Script.End) in
            try script.send("mail.M/remind", key: "a", after: 1)
            let taken = try script.value(script.call("pay.P/take"))
            try script.send("mail.M/remind", key: "b", after: 2)
            return taken
        }
        for code in [mesh.environment.codes[0], changed] {
            #expect(WorkflowReplay.check(record, code: code, randomSecret: []) == nil)
        }
    }
}
