import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import Workflows
/// Starts, signals and ends of a workflow.
@Suite struct `A workflow's life` {
    // MARK: Starts

    @Test func `a second start with the same input gets the same answer, with another input it is refused`() {
        var mesh = ScriptMesh(Script.waiting)
        mesh.start("{\"a\":\"b c\",\"n\":1}")
        #expect(mesh.tell(.start("{ \"a\" : \"b c\",\n\"n\":1}", id: "c2")).refusal == nil)
        #expect(mesh.tell(.start("{\"a\":\"bc\",\"n\":1}", id: "c3")).refusal == .conflict)
        #expect(mesh.tell(.start("{\"a\":\"b c\",\"n\":1.5}", id: "c3")).refusal == .conflict)
        // The order of members, escapes and superfluous digits are nothing that is said.
        #expect(mesh.tell(.start("{\"n\":1.0e0,\"a\":\"b\\u0020c\"}", id: "c5")).refusal == nil)
        #expect(mesh.tell(.start(ScriptMesh.call(Array("{}".utf8)), method: "other")).refusal == .conflict)
        mesh.signal("approve", "{\"ok\":true}")
        #expect(mesh.answers.map(\.callID) == ["c1", "c2", "c5"])
        #expect(mesh.tell(.start("{\"a\":\"b c\",\"n\":1}", id: "c4")).reply == "{\"ok\":true}")
        #expect(mesh.kinds == ["started", "receive", "joined", "joined", "signal", "completed"])
    }

    @Test func `who joins a workflow that has failed is told so at once`() {
        var mesh = ScriptMesh { _ throws(Script.End) in throw .failed("BROKEN") }
        mesh.start()
        #expect(mesh.status == "failed" && mesh.errorCode == "BROKEN")
        _ = mesh.tell(.start("{}", id: "c2"))
        #expect(mesh.answers.map(\.status) == [.error, .error] && mesh.answers[1].callID == "c2")
    }

    @Test func `a start that can't run yet is to be tried again, one whose caller has gone is refused`() {
        var mesh = ScriptMesh(TestEnvironment(codes: []))
        guard case .failed(let error) = mesh.tell(.start("{}", id: "c1")) else {
            Issue.record("there is no package")
            return
        }
        #expect(error.retryable && mesh.record == nil)
        var late = ScriptMesh(Script.waiting)
        var call = ScriptMesh.call(Array("{}".utf8))
        call.extensions.deadline = Timestamp(microseconds: 5)
        #expect(late.tell(.start(call, method: "run")).refusal == .deadlineExceeded)
    }

    // MARK: Signals

    @Test func `a signal is answered when it is stored, and refused where nobody could take it`() {
        var mesh = ScriptMesh(Script.waiting)
        #expect(mesh.signal("approve").refusal == .instanceNotFound)
        mesh.start()
        #expect(mesh.signal("note").reply == "{}")
        #expect(mesh.signal("approve", "{\"by\":1}").reply == "{}")
        #expect(mesh.value == "{\"by\":1}")
        #expect(mesh.signal("approve").refusal == .failedPrecondition)
    }

    @Test func `a channel that the code has closed takes no more, until it is opened again`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.value(script.receive("note"))
            try script.close("note")
            _ = try script.value(script.receive("approve"))
            return try first + script.value(script.receive("note"))
        }
        mesh.start()
        #expect(mesh.signal("note", "{\"n\":1}").reply == "{}")
        #expect(mesh.signal("note").refusal == .failedPrecondition)
        #expect(mesh.signal("approve").reply == "{}")
        #expect(mesh.signal("note", "{\"n\":2}").reply == "{}")
        #expect(mesh.value == "{\"n\":1}{\"n\":2}")
        #expect(
            mesh.kinds == [
                "started", "receive", "signal", "closed", "receive", "signal", "receive", "signal", "completed",
            ])
    }

    @Test func `a configuration value is the one that the run read first, whatever it is by then`() {
        let reads = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            reads.add()
            let first = try script.config("limit", "\"\(reads.value)\"")
            let none = try script.config("absent", nil)
            _ = try script.value(script.receive("approve"))
            return try "\(first) \(none) \(script.config("limit", "9")) \(script.config("absent", "9"))"
        }
        mesh.start()
        mesh.signal("approve")
        #expect(reads.value == 2 && mesh.value == "\"1\" none \"1\" none")
        #expect(mesh.kinds == ["started", "config", "config", "receive", "signal", "completed"])
        let replay = mesh.record.map { WorkflowReplay.run($0, code: mesh.environment.codes[0], randomSecret: []) }
        #expect(replay == .agrees("returns \"1\" none \"1\" none"))
    }

    @Test func `what a next run may not have for its input is refused in a replay as well`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.next("not an object")
            return try script.value(script.receive("approve"))
        }
        mesh.start()
        mesh.signal("approve", "{\"ok\":true}")
        #expect(mesh.value == "{\"ok\":true}")
        let replay = mesh.record.map { WorkflowReplay.run($0, code: mesh.environment.codes[0], randomSecret: []) }
        #expect(replay == .agrees("returns {\"ok\":true}"))
    }

    @Test(arguments: [
        (#"{"id":"w1"}"#, #"{"id":"w1","n":2}"#, true), (#"{"id":"w1"}"#, #"{"id":"w2"}"#, false),
        (#"{"id":"w1"}"#, "{}", true), ("{}", #"{"id":"w2"}"#, false),
        // It was begun under another id than its arguments say, which was somebody's wish.
        (#"{"id":"w2"}"#, #"{"id":"w2","n":2}"#, true), (#"{"id":"w2"}"#, #"{"id":"w3"}"#, false),
    ])
    func `the next run is of the same workflow, whatever its arguments say`(first: String, next: String, isTaken: Bool)
    {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.next(next)
            return try script.value(script.receive("approve"))
        }
        mesh.start(first)
        mesh.signal("approve", "{\"ok\":true}")
        #expect(mesh.kinds.contains("continued") == isTaken)
        #expect((mesh.value == "{\"ok\":true}") == !isTaken)
        let replay = mesh.record.map { WorkflowReplay.run($0, code: mesh.environment.codes[0], randomSecret: []) }
        if !isTaken { #expect(replay == .agrees("returns {\"ok\":true}")) }
    }

    @Test func `too many early signals, callers or open operations are refused`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let operations = [try script.sleep(1), try script.sleep(1), try script.sleep(1)]
            _ = try script.wait(operations[0], operations[1])
            return "\(operations)"
        }
        mesh.limits.earlySignals = 2
        mesh.limits.callers = 1
        mesh.limits.openOperations = 2
        mesh.start()
        #expect(
            [mesh.signal("note"), mesh.signal("note"), mesh.signal("note")].map(\.refusal) == [
                nil, nil, .resourceExhausted,
            ])
        #expect(mesh.tell(.start("{}", id: "c2")).refusal == nil)
        #expect(mesh.tell(.start("{}", id: "c3")).refusal == .resourceExhausted)
        mesh.fire(.sleep)
        #expect(mesh.value == "[1, 2, 0]")
    }

    @Test func `an answer to a call of an earlier workflow of that id is none of this one's`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in try script.value(script.call("pay.P/charge")) }
        mesh.start()
        let late = try #require(mesh.pendingAnswers.first)
        mesh.order(.terminate(reason: nil, caller: nil))
        // Its retention is over.
        mesh.record = nil
        mesh.journal = []
        mesh.pendingAnswers = []
        mesh.give([.start(ScriptMesh.call(Array("{}".utf8), id: "c2"), method: "run")])
        #expect(mesh.tell(.answer(late)).isIgnored)
        #expect(mesh.status == "running")
        let own = try #require(mesh.pendingAnswers.first)
        #expect(!mesh.tell(.answer(own)).isIgnored)
        #expect(mesh.status == "completed")
    }

    // MARK: Ends

    @Test func `a cancelled workflow may clean up, and says that it was cancelled`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            guard try script.wait(script.receive("approve")) == nil else { return "{}" }
            _ = try script.value(script.call("pay.P/take"))
            throw .failed("CANCELLED")
        }
        mesh.start()
        #expect(mesh.order(.cancel(reason: "enough", caller: nil)).reply == "{}")
        #expect(mesh.order(.cancel(reason: "more", caller: nil)).reply == "{}")
        #expect(mesh.status == "running" && mesh.kinds.count { $0 == "cancel_requested" } == 1)
        mesh.answer(2, "{}")
        #expect(mesh.status == "cancelled" && mesh.errorCode == "CANCELLED")
        #expect(mesh.order(.cancel(reason: nil, caller: nil)).refusal == .failedPrecondition)
    }

    @Test func `a parent that only joined leaves, and the workflow goes on for whoever began it`() {
        var mesh = ScriptMesh(Script.waiting)
        var first = ScriptMesh.call(Array("{}".utf8))
        first.extensions.answerTo = "a.A/1.1.1/p1"
        var second = first
        second.extensions.answerTo = "a.A/1.1.1/p2"
        _ = mesh.tell(.start(first, method: "run"))
        _ = mesh.tell(.start(second, method: "run"))
        #expect(mesh.record?.row.parent == WorkflowID(service: "a.A", key: "p1"))
        mesh.order(.cancel(reason: nil, caller: AnswerAddress("a.A/1.1.1/p2")))
        #expect(mesh.status == "running" && mesh.answers.map(\.extensions.answerTo) == ["a.A/1.1.1/p2"])
        #expect(mesh.order(.cancel(reason: nil, caller: AnswerAddress("a.A/9.1.1/p9"))).isIgnored)
        mesh.order(.cancel(reason: nil, caller: AnswerAddress("a.A/1.1.1/p1")))
        #expect(mesh.status == "cancelled")
    }

    @Test(arguments: [
        ("a.A/2.1.1/p1", "cancelled"), ("a.A/2.2.1/p1", "running"), ("a.A/2.1.1/p2", "running"),
        ("a.A/1.2.1/p1", "running"),
    ])
    func `a later run of the parent that began it, which called it again, may cancel it`(caller: String, status: String)
    {
        var mesh = ScriptMesh(Script.waiting)
        for address in ["a.A/1.1.1/p1", "a.A/1.2.1/p1", "a.A/2.1.1/p1", "a.A/2.1.1/p2"] {
            var call = ScriptMesh.call(Array("{}".utf8))
            call.extensions.answerTo = address
            _ = mesh.tell(.start(call, method: "run"))
        }
        mesh.order(.cancel(reason: nil, caller: AnswerAddress(caller)))
        #expect(mesh.status == status)
    }

    @Test func `a terminated workflow ends without its code`() {
        let runs = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            runs.add()
            _ = try script.call("pay.P/child", key: "c")
            return try script.value(script.sleep(1000))
        }
        mesh.start()
        mesh.order(.terminate(reason: "enough", caller: nil))
        #expect(mesh.status == "terminated" && mesh.errorCode == "TERMINATED" && mesh.timers.isEmpty)
        #expect(runs.value == 1 && mesh.orders.count == 1 && mesh.answers.map(\.status) == [.error])
        #expect(mesh.answer(1, "{}").isIgnored)
    }

    @Test func `continuing as new takes along a signal that a receive had got and the code never heard of`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            if String(decoding: script.input, as: UTF8.self) == "{}" {
                let note = try script.receive("note")
                _ = try script.wait(script.sleep(5), note)
                try script.next("{\"second\":1}")
                return ""
            }
            return try script.value(script.receive("note"))
        }
        mesh.start()
        let sleep = try #require(mesh.timers.first { $0.kind == .sleep })
        mesh.give([.timer(sleep), mesh.input(.signal("note", 7))])
        #expect(mesh.record?.row.run == 2 && mesh.kinds.suffix(3) == ["continued", "started", "signal"])
        mesh.fire(.advance)
        #expect(mesh.value == "{\"n\":7}")
    }

    @Test func `the clock of a run that continues as new doesn't go back to what came before it`() throws {
        let isMended = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            if String(decoding: script.input, as: UTF8.self) == "{}" {
                _ = try script.value(script.receive("note"))
                if isMended.value == 0 { throw .crashed }
                try script.next("{\"second\":1}")
                return ""
            }
            let begun = script.calls.now
            let isCancelled = try script.wait() == nil
            return "\(isCancelled) \(script.calls.now >= begun)"
        }
        mesh.start()
        mesh.signal("note")
        // While the code can't run: it asks for the next run without having been told.
        mesh.order(.cancel(reason: nil, caller: nil))
        isMended.add()
        mesh.fire(.advance)
        #expect(mesh.record?.journal.map(\.kind) == [.started, .cancelRequested])
        mesh.fire(.advance)
        #expect(mesh.value == "true true")
    }

    @Test func `another life of the same id draws other random numbers, and has steps and children of its own`() throws
    {
        let body: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
            _ = try script.call("pay.P/child")
            _ = try script.value(script.receive("note"))
            return try "\(script.seed) \(script.value(script.call("shop.W/named")))"
        }
        var lives: [String] = []
        for id in ["c1", "c2", "c1"] {
            var mesh = ScriptMesh(body)
            _ = mesh.tell(.start(ScriptMesh.call(Array("{}".utf8), id: id), method: "run"))
            mesh.signal("note")
            lives.append("\(mesh.published[0].message.key ?? "") \(mesh.value)")
        }
        #expect(lives[0] == lives[2], "the same start, delivered again")
        for (one, other) in zip(lives[0].split(separator: " "), lives[1].split(separator: " ")) {
            #expect(one != other)
        }
    }

    @Test func `a workflow that began before lives were told apart goes on with the names that it had`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let named = try script.value(script.call("shop.W/named"))
            _ = try script.value(script.receive("note"))
            _ = try script.call("pay.P/child")
            return try "\(script.seed) \(named) \(script.value(script.call("shop.W/named")))"
        }
        mesh.start()
        var old = try #require(mesh.record)
        var facts = try #require(StartFacts(json: old.journal[0].details))
        facts.life = nil
        old.journal[0].details = facts.json
        mesh.record = old
        mesh.signal("note")
        #expect(mesh.value.hasPrefix("w1/1 ") && mesh.value.hasSuffix(" {\"value\":\"w1/1.4\"}"))
        #expect(mesh.published[0].message.key == "w1/1.3")
    }

    @Test func `an answer to a run that was reset is nobody's once the workflow has continued as new`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.call("pay.P/take")
            if String(decoding: script.input, as: UTF8.self) == "{}" {
                _ = try script.wait(script.receive("note"))
                try script.next("{\"second\":1}")
                return ""
            }
            return try script.value(first)
        }
        mesh.start()
        #expect(mesh.order(.reset(sequence: 3)).reply == "{}")
        mesh.fire(.advance)
        mesh.signal("note")
        mesh.fire(.advance)
        #expect(mesh.record?.row.run == 3 && mesh.kinds.suffix(2) == ["started", "call"])
        #expect(mesh.answer(1, "{\"old\":1}").isIgnored)
        mesh.answer(1, "{\"new\":1}", run: 3)
        #expect(mesh.value == "{\"new\":1}")
    }

    @Test func `a cancellation that is told when the code has asked for another run is told to that run too`() {
        let isTold = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            if String(decoding: script.input, as: UTF8.self) == "{}" {
                let child = try script.call("pay.P/child", key: "c")
                if isTold.value > 0 { _ = try script.wait(child) }
                try script.next("{\"second\":1}")
                // What is open is waited for before the run ends, whatever is told meanwhile.
                while script.text(child) == "open" { _ = try script.wait(child) }
                return ""
            }
            return try script.value(script.receive("approve"))
        }
        mesh.start()
        mesh.order(.cancel(reason: nil, caller: nil))
        mesh.answer(1, "{}")
        #expect(mesh.record?.row.run == 2 && mesh.kinds.suffix(3) == ["continued", "started", "cancel_requested"])
        mesh.fire(.advance)
        #expect(mesh.value == "cancelled")
        // Code that goes on although it was told isn't told again.
        isTold.add()
        mesh = ScriptMesh(mesh.environment)
        mesh.start()
        mesh.order(.cancel(reason: nil, caller: nil))
        mesh.answer(1, "{}")
        #expect(mesh.record?.row.run == 2 && mesh.kinds.suffix(2) == ["continued", "started"])
    }

    @Test func `continuing as new keeps who waits, what came early, and a cancellation that wasn't told`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            if String(decoding: script.input, as: UTF8.self) == "{}" {
                _ = try script.call("pay.P/take")
                _ = try script.wait(script.sleep(5))
                try script.next("{\"second\":1}")
                return ""
            }
            let note = try script.value(script.receive("note"))
            return try note + script.value(script.receive("approve"))
        }
        mesh.start()
        _ = mesh.tell(.start("{}", id: "c2"))
        mesh.signal("note", "{\"early\":1}")
        mesh.fire(.sleep)
        #expect(mesh.record?.row.run == 2 && mesh.record?.journal.first?.kind == .started)
        #expect(mesh.kinds.suffix(4) == ["continued", "started", "joined", "signal"])
        #expect(mesh.answer(1, "{}").isIgnored, "the last run's call is nobody's")
        mesh.order(.cancel(reason: nil, caller: nil))
        mesh.fire(.advance)
        #expect(mesh.value == "{\"early\":1}cancelled")
        #expect(mesh.answers.map(\.callID) == ["c1", "c2"])
        #expect(mesh.tell(.start("{}", id: "c5")).reply != nil, "its input is still the first run's")
    }
}
