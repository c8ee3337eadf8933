import MeshCore
import Outbox
import Testing
import Wasm

@testable import Workflows

/// Workflows that have ended, and begin anew by an operator's order.
@Suite struct `A workflow that is restarted` {
    /// Declines until it is mended; `d2` is the mended package.
    private static let broken: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
        _ = try script.value(script.call("pay.P/take"))
        throw .failed("BROKEN")
    }
    private static let mended: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
        let taken = try script.value(script.call("pay.P/take"))
        return "\(String(decoding: script.input, as: UTF8.self)) \(taken)"
    }

    private func failed(_ input: String = "{\"n\":1}") -> ScriptMesh {
        var mesh = ScriptMesh(Self.broken)
        mesh.start(input)
        mesh.answer(1, "{\"v\":1}")
        mesh.environment.codes.append(Script.code(digest: "d2", Self.mended))
        return mesh
    }

    @Test func `it begins with the arguments that it had, on the package that is deployed`() {
        var mesh = failed()
        #expect(mesh.status == "failed" && mesh.errorCode == "BROKEN" && mesh.answers.count == 1)
        #expect(mesh.restart(run: 1, digest: "d2").reply == "{}")
        #expect(mesh.status == "running" && mesh.record?.row.run == 2 && mesh.record?.row.digest == "d2")
        #expect(mesh.record?.row.endedAt == nil && mesh.errorText.isEmpty)
        mesh.fire(.advance)
        mesh.answer(1, "{\"v\":2}", run: 2)
        #expect(mesh.value == "{\"n\":1} {\"v\":2}")
        #expect(mesh.kinds == ["started", "call", "answered", "threw", "started", "call", "answered", "completed"])
        #expect(StartFacts(json: mesh.record?.journal.first?.details)?.restartedBy == "/cli")
        #expect(mesh.record?.journal.first?.at == mesh.journal[4].at && mesh.timers.isEmpty)
        // Whoever waited has had the first end.
        #expect(mesh.answers.map(\.status) == [.error])
        // Each of its runs can be replayed.
        for (run, code) in [(Int32(1), 0), (2, 1)] {
            guard var record = mesh.record else { return }
            record.journal = mesh.journal.filter { $0.run == run }
            #expect(
                WorkflowReplay.check(record, code: mesh.environment.codes[code], randomSecret: []) == nil, "\(run)")
        }
    }

    @Test(arguments: ["completed", "cancelled", "terminated"])
    func `however it ended, it begins as if nothing had come`(end: String) {
        var mesh = ScriptMesh(Script.waiting)
        mesh.start()
        mesh.signal("note")
        switch end {
        case "completed": mesh.signal("approve", "{\"life\":1}")
        case "cancelled": mesh.order(.cancel(reason: nil, caller: nil))
        default: mesh.order(.terminate(reason: nil, caller: nil))
        }
        mesh.state = Array("{\"kept\":1}".utf8)
        #expect(mesh.status == end && mesh.restart(run: 1).reply == "{}")
        mesh.fire(.advance)
        #expect(mesh.status == "running" && mesh.record?.row.waitingFor == "signal approve" && mesh.value.isEmpty)
        mesh.signal("approve", "{\"life\":2}")
        #expect(mesh.value == "{\"life\":2}" && mesh.state == Array("{\"kept\":1}".utf8))
        #expect(mesh.record?.journal.map(\.kind) == [.started, .receive, .signal, .completed])
    }

    @Test func `only one that has ended is restarted`() {
        var mesh = ScriptMesh(Script.waiting)
        #expect(mesh.restart(run: 1).refusal == .instanceNotFound)
        mesh.start()
        #expect(mesh.restart(run: 1).refusal == .failedPrecondition)
        mesh.record?.row.status = .stuck
        #expect(mesh.restart(run: 1).refusal == .failedPrecondition)
        #expect(mesh.kinds == ["started", "receive"])
    }

    @Test func `each end is followed by one restart, whatever is ordered twice or delivered twice`() throws {
        var mesh = failed()
        let order = WorkflowOrder.restart(WorkflowRestart(run: 1, digest: "d1"))
        let message = order.message(to: mesh.id, from: "/cli", at: mesh.clock).message
        #expect(mesh.tell(.control(message)).reply == "{}")
        #expect(mesh.tell(.control(message)).reply == "{}")
        #expect(mesh.restart(run: 1).refusal == .failedPrecondition)
        mesh.fire(.advance)
        mesh.answer(1, "{}", run: 2)
        // It has failed again, before the others were delivered.
        #expect(mesh.status == "failed" && mesh.record?.row.run == 2)
        #expect(mesh.tell(.control(message)).reply == "{}")
        #expect(mesh.restart(run: 1).refusal == .failedPrecondition)
        #expect(mesh.record?.row.run == 2 && mesh.status == "failed")
        // Both in one activation, as they may lie behind each other.
        let next = WorkflowOrder.restart(WorkflowRestart(run: 2, digest: "d1"))
        mesh.give((0..<2).map { _ in .control(next.message(to: mesh.id, from: "/cli", at: mesh.clock).message) })
        #expect(mesh.record?.row.run == 3 && mesh.kinds.count { $0 == "started" } == 3)
    }

    @Test func `who joins the new life gets its end, and a start with the same arguments joins`() {
        var mesh = failed("{\"n\":1}")
        #expect(mesh.tell(.start("{\"n\":1}", id: "c2")).refusal == nil)
        mesh.restart(run: 1, digest: "d2")
        #expect(mesh.tell(.start("{\"n\":2}", id: "c3")).refusal == .conflict)
        #expect(mesh.tell(.start("{\"n\":1}", id: "c4")).refusal == nil)
        mesh.fire(.advance)
        mesh.answer(1, "{}", run: 2)
        #expect(mesh.answers.map(\.callID) == ["c1", "c2", "c4"])
        #expect(mesh.answers.map(\.status) == [.error, .error, .ok])
    }

    @Test func `a life takes no answers of the one before, and has children and steps of its own`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let named = try script.value(script.call("shop.W/named"))
            let child = try script.call("pay.P/child")
            return try "\(script.seed) \(named) \(script.value(child))"
        }
        mesh.start()
        let late = try #require(mesh.pendingAnswers.first)
        mesh.order(.terminate(reason: nil, caller: nil))
        mesh.restart(run: 1)
        mesh.fire(.advance)
        #expect(mesh.tell(.answer(late)).isIgnored && mesh.status == "running")
        let own = try #require(mesh.pendingAnswers.last)
        #expect(late.extensions.operation != own.extensions.operation)
        let children = mesh.published.filter { $0.message.type == "pay.P/child" }.compactMap(\.message.key)
        #expect(children.count == 2 && Set(children).count == 2)
        _ = mesh.tell(.answer(own))
        let lives = Set(children.compactMap { $0.split(separator: "-").last })
        #expect(mesh.status == "completed" && lives.count == 2)
        #expect(mesh.value.contains("w1/2-\(try #require(children[1].split(separator: "-").last)) "), "\(mesh.value)")
    }

    @Test func `a child is nobody's once its parent has had its answer`() {
        var mesh = ScriptMesh(Script.waiting)
        var call = ScriptMesh.call(Array("{}".utf8))
        call.extensions.answerTo = "a.A/1.1.1/p1"
        _ = mesh.tell(.start(call, method: "run"))
        mesh.order(.terminate(reason: nil, caller: nil))
        #expect(mesh.answers.count == 1 && mesh.record?.row.parent != nil)
        mesh.restart(run: 1)
        #expect(mesh.record?.row.parent == nil)
        #expect(mesh.order(.cancel(reason: nil, caller: AnswerAddress("a.A/1.1.1/p1"))).isIgnored)
        mesh.fire(.advance)
        mesh.signal("approve")
        #expect(mesh.status == "completed" && mesh.answers.count == 1)
    }

    @Test func `what continued as new begins with the arguments of its last run`() {
        let isMended = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            if String(decoding: script.input, as: UTF8.self) == "{}" {
                try script.next("{\"second\":1}")
                return ""
            }
            if isMended.value == 0 { throw .failed("BROKEN") }
            return String(decoding: script.input, as: UTF8.self)
        }
        mesh.start()
        mesh.fire(.advance)
        #expect(mesh.status == "failed" && mesh.record?.row.run == 2)
        isMended.add()
        mesh.restart(run: 2)
        mesh.fire(.advance)
        #expect(mesh.value == "{\"second\":1}")
        #expect(mesh.tell(.start("{}", id: "c2")).reply == "{\"second\":1}", "its input is still the first run's")
    }

    // MARK: Arguments and packages

    @Test func `other arguments are those of the id from then on`() {
        var mesh = failed("{\"n\":1}")
        #expect(mesh.restart(run: 1, digest: "d2", input: "{\"n\":2}").reply == "{}")
        mesh.fire(.advance)
        mesh.answer(1, "{}", run: 2)
        #expect(mesh.value == "{\"n\":2} {}")
        #expect(mesh.tell(.start("{\"n\":1}", id: "c2")).refusal == .conflict)
        #expect(mesh.tell(.start("{\"n\":2}", id: "c3")).reply == "{\"n\":2} {}")
    }

    @Test func `arguments that are none, or another workflow's, are refused`() {
        var mesh = failed("{\"id\":\"w1\"}")
        #expect(mesh.restart(run: 1, input: "[1]").refusal == .invalidRequest)
        #expect(mesh.restart(run: 1, input: "{\"id\":\"w2\"}").refusal == .invalidRequest)
        #expect(mesh.restart(run: 1, from: 9).refusal == .invalidRequest)
        #expect(mesh.status == "failed" && mesh.kinds.count == 4)
    }

    @Test func `a package that isn't there yet is waited for, one without the workflow is refused`() {
        var mesh = failed()
        guard case .refused(let error) = mesh.restart(run: 1, digest: "d3") else {
            Issue.record("it has no such package")
            return
        }
        #expect(error.code == .notFound && error.retryable)
        mesh.record?.row.method = "gone"
        guard case .refused(let gone) = mesh.restart(run: 1, digest: "d2") else {
            Issue.record("the package has no such workflow")
            return
        }
        #expect(gone.code == .notFound && !gone.retryable)
    }

    @Test func `where the journal is gone the arguments have to be given`() {
        var mesh = failed()
        mesh.record?.journal = []
        #expect(mesh.restart(run: 1, digest: "d2").refusal == .failedPrecondition)
        #expect(mesh.restart(run: 1, digest: "d2", input: "{\"n\":1}").reply == "{}")
        mesh.fire(.advance)
        mesh.answer(1, "{}", run: 2)
        #expect(mesh.value == "{\"n\":1} {}" && mesh.tell(.start("{\"n\":1}", id: "c2")).reply != nil)
    }

    // MARK: From an entry

    @Test func `from an entry it does nothing again that was done up to there`() throws {
        let isMended = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.value(script.call("pay.P/take", key: "a"))
            let note = try script.value(script.receive("note"))
            if isMended.value == 0 { throw .failed("BROKEN") }
            return try first + note + script.value(script.call("pay.P/take", key: "b"))
        }
        mesh.start()
        _ = mesh.tell(.start("{}", id: "c2"))
        mesh.answer(1, "{\"v\":1}")
        mesh.signal("note", "{\"n\":1}")
        #expect(mesh.status == "failed" && mesh.answers.map(\.callID) == ["c1", "c2"])
        isMended.add()
        #expect(mesh.restart(run: 1, from: 5).reply == "{}")
        mesh.fire(.advance)
        #expect(mesh.published.compactMap(\.message.key) == ["a", "b"])
        mesh.answer(2, "{}", run: 1)
        #expect(mesh.status == "running", "no run before has had that call")
        mesh.answer(3, "{\"v\":2}", run: 2)
        #expect(mesh.value == "{\"v\":1}{\"n\":1}{\"v\":2}")
        #expect(mesh.answers.count == 2, "they have had their answers")
        let record = try #require(mesh.record)
        #expect(WorkflowReplay.check(record, code: mesh.environment.codes[0], randomSecret: []) == nil)
    }

    @Test func `a call that was open at the end isn't waited for without an end`() {
        let isMended = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            let open = try script.call("pay.P/take")
            let timed = try script.call("pay.P/take", "{}", "{\"deadline\":60000000}")
            let timer = try script.sleep(5)
            if isMended.value == 0 {
                _ = try script.wait(script.receive("approve"))
                throw .failed("BROKEN")
            }
            return try "\(script.value(open)) \(script.value(timed)) \(script.value(timer))"
        }
        mesh.start()
        mesh.signal("approve")
        #expect(mesh.answer(1, "{}").isIgnored && mesh.timers.isEmpty)
        isMended.add()
        mesh.clock.microseconds += 3_600_000_000
        #expect(mesh.restart(run: 1, from: 4).reply == "{}")
        mesh.fire(.deadline)
        mesh.fire(.sleep)
        mesh.fire(.advance)
        #expect(mesh.value == "CANCELLED DEADLINE_EXCEEDED {}", "\(mesh.status) \(mesh.errorText)")
    }

    @Test func `a package that does otherwise up to the entry leaves it as it ended`() {
        var mesh = failed()
        mesh.environment.codes.append(
            Script.code(digest: "d3") { script throws(Script.End) in try script.value(script.call("pay.P/give")) })
        guard case .refused(let error) = mesh.restart(run: 1, digest: "d3", from: 3) else {
            Issue.record("it isn't the same")
            return
        }
        #expect(error.message.contains("stays as it ended") && error.applicationCode == "NONDETERMINISM")
        #expect(mesh.status == "failed" && mesh.kinds.count == 4)
        #expect(mesh.restart(run: 1, digest: "d2", from: 3).reply == "{}")
        mesh.fire(.advance)
        #expect(mesh.value == "{\"n\":1} {\"v\":1}")
    }
}

extension ScriptMesh {
    @discardableResult
    mutating func restart(run: Int32, digest: String = "d1", from: Int64? = nil, input: String? = nil)
        -> WorkflowActivation.Outcome
    {
        order(
            .restart(
                WorkflowRestart(run: run, digest: digest, sequence: from, input: input.map { Array($0.utf8) })))
    }
}
