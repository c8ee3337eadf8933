import MeshCore
import Outbox
import Testing

@testable import Workflows

/// Whom a workflow's code takes for the one who started it.
@Suite struct WorkflowPrincipalTests {
    private let ada = Principal(name: "a\"da", roles: ["clerk"])
    private let bob = Principal(name: "bob", roles: [])

    private func start(by principal: Principal?, id: String = "c1") -> WorkflowInput {
        var call = ScriptMesh.call(Array("{}".utf8), id: id)
        call.extensions.principal = principal
        return .start(call, method: "run")
    }

    /// Answers with the principal as it is at its start, after a wait and in its local step, in the second of two runs.
    private func mesh() -> ScriptMesh {
        ScriptMesh { script throws(Script.End) in
            let (first, isSecond) = (script.principal ?? "nobody", script.input.count > 2)
            _ = try script.value(script.call("pay.P/take"))
            _ = try script.value(script.receive("approve"))
            if !isSecond {
                try script.next("{\"second\":1}")
                return ""
            }
            return try "\(first) \(script.principal ?? "nobody") \(script.value(script.call("shop.W/principal")))"
        }
    }

    private func approve(_ mesh: inout ScriptMesh, by principal: Principal?) {
        var signal = Message(
            id: "s\(mesh.activations)", type: "shop.W/approve", source: "/http", time: mesh.clock, key: "w1",
            data: Array("{}".utf8))
        signal.extensions.principal = principal
        _ = mesh.tell(.signal(signal, method: "approve"))
    }

    private func run(_ mesh: inout ScriptMesh) {
        for run in [Int32(1), 2] {
            mesh.answer(1, "{}", run: run)
            approve(&mesh, by: bob)
            mesh.fire(.advance)
        }
    }

    @Test func `it is who made the call that started it, in each run and in its steps, whoever signals`() {
        var mesh = mesh()
        _ = mesh.tell(start(by: ada))
        // Who asks for the same waits for the same, and changes nothing.
        _ = mesh.tell(start(by: bob, id: "c2"))
        run(&mesh)
        let text = ada?.text ?? ""
        #expect(mesh.value == "\(text) \(text) \(text)")
        #expect(mesh.record?.row.run == 2)
    }

    @Test func `what it calls doesn't have it, and a workflow that nobody known started has none`() {
        var mesh = mesh()
        _ = mesh.tell(start(by: ada))
        #expect(mesh.published.map(\.message.type) == ["pay.P/take"])
        #expect(mesh.published.allSatisfy { $0.message.extensions.principal == nil })
        var other = self.mesh()
        _ = other.tell(start(by: nil))
        run(&other)
        #expect(other.value == "nobody nobody nobody")
    }

    @Test func `a restart goes on for the one who started it`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.value(script.receive("approve"))
            return script.principal ?? "nobody"
        }
        _ = mesh.tell(start(by: ada))
        mesh.order(.terminate(reason: nil, caller: nil))
        mesh.restart(run: 1)
        mesh.fire(.advance)
        approve(&mesh, by: nil)
        #expect(mesh.value == ada?.text)
    }

    @Test func `the facts of a start are read as they were written, and of a broken principal there is none`() throws {
        guard case .start(let call, _) = start(by: ada) else { return }
        let facts = StartFacts(of: call)
        #expect(StartFacts(json: facts.json) == facts && facts.principal == ada)
        let text = try #require(ada?.text)
        let broken = String(decoding: facts.json, as: UTF8.self).replacing(text, with: "{\"name\":1}")
        #expect(StartFacts(json: Array(broken.utf8)) != nil && StartFacts(json: Array(broken.utf8))?.principal == nil)
    }
}
