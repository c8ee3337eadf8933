import MeshCore
import Outbox
import Testing
import Wasm

@testable import Workflows

/// Signals whose senders wait for an answer of the code: each gets one, once, whatever becomes of the run.
@Suite struct `Signals with an answer` {
    /// Receives one, and answers it with what it brought.
    private static let echo: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
        let asked = try script.receive("ask")
        let value = try script.value(asked)
        try script.reply(asked, value)
        return "{\"done\":true}"
    }

    private func texts(_ mesh: ScriptMesh) -> [String] {
        mesh.answers.filter { $0.callType == "shop.W/ask" }.map {
            $0.status == .ok
                ? "\($0.callID) \(String(decoding: $0.data, as: UTF8.self))"
                : "\($0.callID) \(JSONMembers($0.data)?.string("code") ?? "?")"
        }
    }

    private func message(_ mesh: ScriptMesh) -> String {
        mesh.answers.last.flatMap { JSONMembers($0.data)?.string("message") } ?? ""
    }

    private func checkReplay(_ mesh: ScriptMesh) {
        let replay = mesh.record.map { WorkflowReplay.run($0, code: mesh.environment.codes[0], randomSecret: []) }
        guard case .agrees? = replay else {
            Issue.record("\(String(describing: replay))")
            return
        }
    }

    @Test func `the code's answer goes to who asked, in the transaction that has it`() throws {
        var mesh = ScriptMesh(Self.echo)
        mesh.start()
        let outcome = mesh.ask("q1", "{\"n\":1}")
        #expect(outcome.reply == nil && outcome.refusal == nil)
        #expect(texts(mesh) == ["q1 {\"n\":1}"])
        #expect(mesh.kinds == ["started", "receive", "signal", "reply", "completed"])
        let reply = try #require(mesh.journal.first { $0.kind == .reply })
        #expect(reply.op == 1 && reply.name == "ask" && reply.result == nil)
        checkReplay(mesh)
    }

    @Test func `one that comes early waits, and is answered when the code gets to it`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.value(script.receive("approve"))
            return try Self.echo(script)
        }
        mesh.start()
        mesh.ask("q1")
        #expect(texts(mesh).isEmpty)
        mesh.signal("approve")
        #expect(texts(mesh) == ["q1 {}"])
    }

    @Test func `each sender gets the answer to its own, in the order of the answers`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let asked = [try script.receive("ask"), try script.receive("ask"), try script.receive("ask")]
            for one in asked { _ = try script.wait(one) }
            for one in asked.reversed() { try script.reply(one, script.text(one)) }
            return "{}"
        }
        mesh.start()
        for number in 1...3 { mesh.ask("q\(number)", "{\"n\":\(number)}") }
        #expect(texts(mesh) == ["q3 {\"n\":3}", "q2 {\"n\":2}", "q1 {\"n\":1}"])
        checkReplay(mesh)
    }

    @Test func `an error of the code is its sender's, and the run goes on`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let asked = try script.receive("ask")
            _ = try script.wait(asked)
            try script.refuse(asked, "{\"code\":\"TOO_LATE\",\"message\":\"sent already\",\"class\":\"CONFLICT\"}")
            return try "{\"then\":" + script.value(script.receive("approve")) + "}"
        }
        mesh.start()
        mesh.ask("q1")
        let error = try #require(mesh.answers.last.flatMap { JSONMembers($0.data) })
        #expect(error.string("code") == "TOO_LATE" && error.string("class") == "CONFLICT", "\(message(mesh))")
        mesh.signal("approve")
        #expect(mesh.value == "{\"then\":{}}" && mesh.answers.count == 2)
        checkReplay(mesh)
    }

    @Test func `what can't be answered is refused the same at each replay`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let (asked, plain, timer) = (
                try script.receive("ask"), try script.receive("approve"), try script.sleep(1000)
            )
            var said = [try script.tryReply(asked, "{}"), try script.tryReply(9, "{}")]
            _ = try script.wait(asked)
            _ = try script.wait(plain)
            said += [
                try script.tryReply(timer, "{}"), try script.tryReply(plain, "{}"),
                try script.tryReply(asked, "{\"value\":\"wrong\"}"), try script.tryRefuse(asked, "no"),
                try script.tryReply(asked, "{\"ok\":1}"), try script.tryReply(asked, "{\"ok\":2}"),
            ]
            return "[" + said.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        }
        mesh.start()
        mesh.ask("q1")
        mesh.signal("approve")
        #expect(
            mesh.value == """
                ["invalid: operation 1 is no signal that the code has been told of",\
                "invalid: operation 9 is no signal that the code has been told of",\
                "invalid: operation 3 is no signal that the code has been told of",\
                "notAllowed: shop.W/approve answers Void: its senders were answered when it was stored",\
                "invalid: the answer of shop.W/ask doesn't fit the schema: it is wrong",\
                "invalid: shop.W/ask: the error isn't a JSON object",\
                "done","invalid: the signal of operation 1 was answered already"]
                """)
        #expect(texts(mesh) == ["q1 {\"ok\":1}"])
        checkReplay(mesh)
    }

    @Test func `code that answers something else than the journal has is stuck`() {
        var mesh = ScriptMesh(Self.echo)
        mesh.start()
        mesh.ask("q1", "{\"n\":1}")
        for other in ["{\"n\":2}", "{\"code\":\"A\",\"message\":\"b\"}"] {
            let code = Script.code { script throws(Script.End) in
                let asked = try script.receive("ask")
                _ = try script.value(asked)
                if other.contains("code") { try script.refuse(asked, other) } else { try script.reply(asked, other) }
                return "{\"done\":true}"
            }
            let replay = mesh.record.map { WorkflowReplay.run($0, code: code, randomSecret: []) }
            guard case .difference(let difference)? = replay else {
                Issue.record("\(String(describing: replay))")
                continue
            }
            #expect(difference.expected == "answers the signal of operation 1 {\"n\":1}")
            #expect(difference.found.hasSuffix(other) && difference.found != difference.expected)
        }
    }

    @Test(arguments: ["returns", "fails", "terminated"])
    func `whoever the run has no answer for when it ends hears that, in order`(end: String) {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.wait(script.receive("ask"))
            _ = try script.wait(script.receive("approve"))
            if end == "fails" { throw .failed("BROKEN") }
            return "{}"
        }
        mesh.start()
        for number in 1...3 { mesh.ask("q\(number)") }
        mesh.ask("silent", isWaiting: false)
        #expect(texts(mesh).isEmpty)
        if end == "terminated" { mesh.order(.terminate(reason: "enough", caller: nil)) } else { mesh.signal("approve") }
        #expect(texts(mesh) == (1...3).map { "q\($0) FAILED_PRECONDITION" })
        #expect(message(mesh) == "the workflow shop.W \"w1\" ended without an answer to `ask`")
        #expect(mesh.ask("q4").refusal == .failedPrecondition)
    }

    @Test func `a run that continues as new takes along whom it hasn't heard of, and refuses the others`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            if script.calls.run == 2 { return try Self.echo(script) }
            _ = try script.wait(script.receive("ask"))
            _ = try script.wait(script.receive("approve"))
            try script.next("{\"next\":1}")
            return "{}"
        }
        mesh.start()
        mesh.ask("q1", "{\"n\":1}")
        mesh.ask("q2", "{\"n\":2}")
        mesh.signal("approve")
        #expect(texts(mesh) == ["q1 FAILED_PRECONDITION"])
        #expect(message(mesh) == "the workflow shop.W \"w1\" began another run without an answer to `ask`")
        mesh.fire(.advance)
        #expect(texts(mesh) == ["q1 FAILED_PRECONDITION", "q2 {\"n\":2}"])
    }

    @Test func `after a reset only those are answered who weren't before`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            for _ in 0..<2 {
                let asked = try script.receive("ask")
                try script.reply(asked, script.value(asked))
            }
            return try script.value(script.receive("approve"))
        }
        mesh.start()
        mesh.ask("q1", "{\"n\":1}")
        #expect(texts(mesh) == ["q1 {\"n\":1}"])
        // Back to where the code hadn't answered yet: the answer is given again, to nobody.
        mesh.order(.reset(sequence: try #require(mesh.journal.first { $0.kind == .receive }).sequence))
        mesh.fire(.advance)
        #expect(mesh.journal.contains { $0.run == 2 && $0.kind == .reply })
        #expect(texts(mesh) == ["q1 {\"n\":1}"])
        mesh.ask("q2", "{\"n\":2}")
        #expect(texts(mesh) == ["q1 {\"n\":1}", "q2 {\"n\":2}"])
        // One that waits still does.
        mesh.ask("q3", "{\"n\":3}")
        mesh.order(.reset(sequence: try #require(mesh.journal.last { $0.kind == .receive }).sequence))
        mesh.fire(.advance)
        #expect(texts(mesh).count == 2)
        mesh.signal("approve")
        #expect(texts(mesh) == ["q1 {\"n\":1}", "q2 {\"n\":2}", "q3 FAILED_PRECONDITION"])
    }

    @Test func `a workflow that is begun again behind its end owes nobody an answer of before`() throws {
        let lives = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            let asked = try script.receive("ask")
            _ = try script.wait(asked)
            lives.add()
            if lives.value == 1 { return "{}" }
            try script.reply(asked, "{\"late\":true}")
            return "{\"again\":true}"
        }
        mesh.start()
        mesh.ask("q1")
        #expect(texts(mesh) == ["q1 FAILED_PRECONDITION"])
        let sequence = try #require(mesh.journal.first { $0.kind == .receive }).sequence
        mesh.order(.restart(WorkflowRestart(run: 1, digest: "d1", sequence: sequence)))
        mesh.fire(.advance)
        #expect(mesh.value == "{\"again\":true}")
        #expect(texts(mesh) == ["q1 FAILED_PRECONDITION"])
    }

    @Test func `a receive that is given up hands its sender on`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.receive("ask")
            if try script.wait(first, script.sleep(5)) == 1 { try script.cancel(first) }
            return try Self.echo(script)
        }
        mesh.start()
        let timer = WorkflowInput.timer(try #require(mesh.timers.min { $0.due < $1.due }))
        mesh.clock = max(mesh.clock, mesh.timers.map(\.due).min() ?? mesh.clock)
        mesh.give([timer, mesh.asking("q1", "{\"n\":1}")])
        #expect(texts(mesh) == ["q1 {\"n\":1}"])
        checkReplay(mesh)
    }

    @Test func `who has stopped waiting isn't answered, unless the answer is kept`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let asked = [try script.receive("ask"), try script.receive("ask")]
            for one in asked { _ = try script.wait(one) }
            _ = try script.wait(script.receive("approve"))
            for one in asked { try script.reply(one, "{}") }
            return "{}"
        }
        mesh.start()
        let soon = mesh.clock.advanced(by: .seconds(1))
        mesh.ask("gone", deadline: soon)
        mesh.ask("kept", deadline: soon, keepsResult: true)
        mesh.clock = soon.advanced(by: .seconds(1))
        mesh.signal("approve")
        #expect(texts(mesh) == ["kept {}"])
    }

    @Test func `so many senders may wait and no more; those that have gone make room`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let asked = try (0..<5).map { _ throws(Script.End) in try script.receive("ask") }
            _ = try script.wait(script.receive("approve"))
            for one in asked { try script.reply(one, script.value(one)) }
            return "{}"
        }
        mesh.limits.callers = 2
        mesh.limits.callersOfRun = 4
        mesh.start()
        let soon = mesh.clock.advanced(by: .seconds(1))
        // Whoever asks again gets the answer of the second one; until then nobody waits for it.
        for id in ["q1", "q2"] { mesh.ask(id, deadline: soon, keepsResult: id == "q2") }
        #expect(mesh.ask("q3").refusal == .resourceExhausted)
        #expect(mesh.ask("nobody", isWaiting: false).refusal == nil)
        mesh.clock = soon.advanced(by: .seconds(1))
        for id in ["q4", "q5"] { #expect(mesh.ask(id).refusal == nil) }
        #expect(mesh.ask("q6").refusal == .resourceExhausted, "there are four in the journal of the run")
        mesh.signal("approve")
        #expect(texts(mesh) == ["q2 {}", "q4 {}", "q5 {}"])
    }

    @Test func `code that crashes behind its answer has given none, and gives one when it is run again`() {
        let crashes = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            let asked = try script.receive("ask")
            try script.reply(asked, script.value(asked))
            crashes.add()
            if crashes.value == 1 { throw .crashed }
            return "{}"
        }
        mesh.start()
        mesh.ask("q1")
        #expect(texts(mesh).isEmpty)
        mesh.fire(.advance)
        #expect(texts(mesh) == ["q1 {}"])
    }
}

extension Script {
    /// Answers a signal; refused, it is nothing.
    fileprivate func reply(_ operation: Int32, _ data: String) throws(End) { _ = try tryReply(operation, data) }
    fileprivate func refuse(_ operation: Int32, _ error: String) throws(End) { _ = try tryRefuse(operation, error) }

    fileprivate func tryReply(_ operation: Int32, _ data: String) throws(End) -> String {
        try said(calls.reply(to: operation, isError: false, data: Array(data.utf8)))
    }

    fileprivate func tryRefuse(_ operation: Int32, _ error: String) throws(End) -> String {
        try said(calls.reply(to: operation, isError: true, data: Array(error.utf8)))
    }

    private func said(_ decision: WorkflowDecision<Void>) throws(End) -> String {
        switch decision {
        case .proceed: return "done"
        case .refuse(let kind, let reason): return "\(kind): \(reason)"
        case .suspend: throw .suspended
        case .stop(let reason): throw .stopped(reason)
        }
    }
}

extension ScriptMesh {
    /// A signal that asks, from somebody who waits by polling or at a router.
    fileprivate func asking(
        _ id: String, _ data: String = "{}", isWaiting: Bool = true, deadline: Timestamp? = nil,
        keepsResult: Bool = false
    ) -> WorkflowInput {
        .signal(
            Message(
                id: id, type: "shop.W/ask", source: "/http", time: clock, key: self.id.key, data: Array(data.utf8),
                extensions: MessageExtensions(
                    replyTo: isWaiting ? 3 : nil, keepsResult: keepsResult, deadline: deadline)), method: "ask")
    }

    @discardableResult
    fileprivate mutating func ask(
        _ id: String, _ data: String = "{}", isWaiting: Bool = true, deadline: Timestamp? = nil,
        keepsResult: Bool = false
    ) -> WorkflowActivation.Outcome {
        tell(asking(id, data, isWaiting: isWaiting, deadline: deadline, keepsResult: keepsResult))
    }
}
