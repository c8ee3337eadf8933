import MeshCore
import Outbox
import Testing

@testable import Workflows

/// Calls to the outside that nobody has taken yet aren't made for operations that their workflow has left behind.
@Suite struct `Operations that a workflow leaves behind` {
    /// Two operations, and a third that it waits for.
    private static let three: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
        _ = try script.call("pay.P/take")
        _ = try script.call("pay.P/take")
        return try script.value(script.call("pay.P/take"))
    }

    private func kept(_ mesh: ScriptMesh, after order: WorkflowOrder) -> Int32? {
        mesh.attempt([.control(order.message(to: mesh.id, from: "/cli", at: mesh.clock).message)])
            .effects?.write?.operationsKept
    }

    private func waiting() -> ScriptMesh {
        var mesh = ScriptMesh(Self.three)
        mesh.start()
        return mesh
    }

    @Test func `a reset keeps those up to its entry`() throws {
        let mesh = waiting()
        #expect(mesh.kinds == ["started", "call", "call", "call"])
        for (index, entry) in mesh.journal.enumerated() {
            #expect(kept(mesh, after: .reset(sequence: entry.sequence)) == Int32(index))
        }
    }

    @Test func `a restart keeps none, also where it goes on behind an entry`() throws {
        var mesh = waiting()
        mesh.order(.terminate(reason: nil, caller: nil))
        #expect(mesh.status == "terminated")
        let second = try #require(mesh.journal.dropFirst().first?.sequence)
        for from in [nil, second] {
            let restart = WorkflowRestart(run: 1, digest: "d1", sequence: from, input: nil)
            #expect(kept(mesh, after: .restart(restart)) == 0)
        }
    }

    @Test func `one that continues as new keeps none`() {
        let mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.call("pay.P/take")
            if script.input == Array("{}".utf8) {
                try script.next("{\"n\":2}")
                return ""
            }
            return try script.value(script.call("pay.P/take"))
        }
        let start = WorkflowInput.start(ScriptMesh.call(Array("{}".utf8)), method: "run")
        let write = mesh.attempt([start]).effects?.write
        #expect(write?.row.run == 2 && write?.operationsKept == 0)
    }

    @Test func `what only goes on keeps all`() {
        var mesh = waiting()
        #expect(kept(mesh, after: .retry) == nil)
        mesh.answer(1, "{\"v\":1}")
        #expect(kept(mesh, after: .cancel(reason: nil, caller: nil)) == nil)
        #expect(mesh.status == "running")
    }
}
