import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import Workflows

/// Starts, signals, orders, ends and failures of a workflow.
@Suite struct `A workflow's life` {
    /// Waits for a signal, and says what it got.
    private static let waiting: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
        let value = try script.value(script.receive("approve"))
        if value == "cancelled" { throw .failed("CANCELLED") }
        return value
    }

    private static func start(_ input: String, id: String) -> WorkflowInput {
        .start(ScriptMesh.call(Array(input.utf8), id: id), method: "run")
    }

    // MARK: Starts

    @Test func `a second start with the same input gets the same answer, with another input it is refused`() {
        var mesh = ScriptMesh(Self.waiting)
        mesh.start("{\"a\":\"b c\",\"n\":1}")
        #expect(mesh.tell(Self.start("{ \"a\" : \"b c\",\n\"n\":1}", id: "c2")).refusal == nil)
        #expect(mesh.tell(Self.start("{\"a\":\"bc\",\"n\":1}", id: "c3")).refusal == .conflict)
        #expect(mesh.tell(Self.start("{\"a\":\"b c\",\"n\":1.5}", id: "c3")).refusal == .conflict)
        // The order of members, escapes and superfluous digits are nothing that is said.
        #expect(mesh.tell(Self.start("{\"n\":1.0e0,\"a\":\"b\\u0020c\"}", id: "c5")).refusal == nil)
        #expect(mesh.tell(.start(ScriptMesh.call(Array("{}".utf8)), method: "other")).refusal == .conflict)
        mesh.signal("approve", "{\"ok\":true}")
        #expect(mesh.answers.map(\.callID) == ["c1", "c2", "c5"])
        #expect(mesh.tell(Self.start("{\"a\":\"b c\",\"n\":1}", id: "c4")).reply == "{\"ok\":true}")
        #expect(mesh.kinds == ["started", "receive", "joined", "joined", "signal", "completed"])
    }

    @Test func `who joins a workflow that has failed is told so at once`() {
        var mesh = ScriptMesh { _ throws(Script.End) in throw .failed("BROKEN") }
        mesh.start()
        #expect(mesh.status == "failed" && mesh.errorCode == "BROKEN")
        _ = mesh.tell(Self.start("{}", id: "c2"))
        #expect(mesh.answers.map(\.status) == [.error, .error] && mesh.answers[1].callID == "c2")
    }

    @Test func `a start that can't run yet is to be tried again, one whose caller has gone is refused`() {
        var mesh = ScriptMesh(TestEnvironment(codes: []))
        guard case .failed(let error) = mesh.tell(Self.start("{}", id: "c1")) else {
            Issue.record("there is no package")
            return
        }
        #expect(error.retryable && mesh.record == nil)
        var late = ScriptMesh(Self.waiting)
        var call = ScriptMesh.call(Array("{}".utf8))
        call.extensions.deadline = Timestamp(microseconds: 5)
        #expect(late.tell(.start(call, method: "run")).refusal == .deadlineExceeded)
    }

    // MARK: Signals

    @Test func `a signal is answered when it is stored, and refused where nobody could take it`() {
        var mesh = ScriptMesh(Self.waiting)
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
        #expect(mesh.tell(Self.start("{}", id: "c2")).refusal == nil)
        #expect(mesh.tell(Self.start("{}", id: "c3")).refusal == .resourceExhausted)
        mesh.fire(.sleep)
        #expect(mesh.value == "[1, 2, 0]")
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
        var mesh = ScriptMesh(Self.waiting)
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
        _ = mesh.tell(Self.start("{}", id: "c2"))
        mesh.signal("note", "{\"early\":1}")
        mesh.fire(.sleep)
        #expect(mesh.record?.row.run == 2 && mesh.record?.journal.first?.kind == .started)
        #expect(mesh.kinds.suffix(4) == ["continued", "started", "joined", "signal"])
        #expect(mesh.answer(1, "{}").isIgnored, "the last run's call is nobody's")
        mesh.order(.cancel(reason: nil, caller: nil))
        mesh.fire(.advance)
        #expect(mesh.value == "{\"early\":1}cancelled")
        #expect(mesh.answers.map(\.callID) == ["c1", "c2"])
        #expect(mesh.tell(Self.start("{}", id: "c5")).reply != nil, "its input is still the first run's")
    }

    // MARK: Failures

    @Test
    func
        `other code than the journal's stops that workflow, which still takes what comes, and goes on after a rollback`()
    {
        var mesh = ScriptMesh(Self.waiting)
        mesh.start()
        let old = mesh.environment
        mesh.environment.codes = [
            Script.code { script throws(Script.End) in try script.value(script.receive("note")) }
        ]
        mesh.signal("approve", "{\"ok\":1}")
        #expect(mesh.status == "stuck" && mesh.errorCode == "NONDETERMINISM")
        #expect(mesh.errorText.contains("waits for the signal approve; the code: waits for the signal note"))
        #expect(mesh.signal("note").reply == "{}")
        #expect(mesh.order(.retry).reply == "{}" && mesh.status == "stuck")
        mesh.environment = old
        mesh.order(.retry)
        #expect(mesh.value == "{\"ok\":1}" && mesh.record?.row.error == nil)
        #expect(mesh.order(.retry).refusal == .failedPrecondition)
    }

    @Test func `code that crashes is tried again at its time, then it is stuck; what it did has not happened`() {
        let isFixed = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            let value = try script.value(script.receive("approve"))
            _ = try script.call("pay.P/take")
            if isFixed.value == 0 { throw .crashed }
            return value
        }
        mesh.start()
        mesh.signal("approve", "{\"ok\":1}")
        #expect(mesh.status == "running" && mesh.record?.row.attempt == 1 && mesh.errorText.contains("as asked"))
        #expect(mesh.published.isEmpty && mesh.kinds == ["started", "receive", "signal"])
        #expect(mesh.signal("note").reply == "{}" && mesh.record?.row.attempt == 1, "a message is no attempt")
        for attempt in 2...3 {
            mesh.fire(.advance)
            #expect(mesh.record?.row.attempt == Int32(attempt))
        }
        mesh.fire(.advance)
        #expect(mesh.status == "stuck" && mesh.timers.isEmpty)
        isFixed.add()
        mesh.order(.retry)
        #expect(mesh.status == "completed" && mesh.published.count == 1)
    }

    @Test func `what came when Postgres refused what it led to is kept, and timers that fired come again with a retry`()
        throws
    {
        let error = MeshError(.invalidRequest, "Postgres can't store it")
        var mesh = ScriptMesh { script throws(Script.End) in
            let (call, timer) = (try script.call("pay.P/take"), try script.sleep(5))
            return try script.value(call) + script.value(timer) + script.value(script.receive("note"))
        }
        mesh.start()
        func stick(_ input: WorkflowInput, isKept: Bool = true) throws {
            mesh.clock.microseconds += 1000
            let record = try #require(mesh.record)
            let activation = WorkflowActivation.stick(
                input, of: record, error: error, state: nil, now: mesh.clock)
            #expect((activation != nil) == isKept)
            if let activation { mesh.write(activation, of: [input]) }
        }
        let answer = Message(
            id: "a", type: "mesh.answer", source: "/pay.P", time: mesh.clock, key: "w1", data: Array("{\"v\":1}".utf8),
            extensions: MessageExtensions(status: .ok, operation: "1.1.1"))
        try stick(.answer(answer))
        #expect(mesh.status == "stuck" && mesh.errorText.contains("can't store"))
        try stick(.timer(try #require(mesh.timers.first)))
        try stick(mesh.input(.signal("note", 1)))
        #expect(mesh.kinds == ["started", "call", "timer", "answered", "fired", "signal"])
        // An operator's retry that fails is refused, and said again.
        try stick(
            .control(WorkflowOrder.retry.message(to: mesh.id, from: "/cli", at: mesh.clock).message), isKept: false)
        mesh.order(.retry)
        #expect(mesh.value == "{\"v\":1}{}{\"n\":1}")

        // Where even the event couldn't be written, the timer is gone from the table; the retry brings it back.
        mesh = ScriptMesh { script throws(Script.End) in try script.value(script.sleep(5)) }
        mesh.start()
        mesh.record?.row.status = .stuck
        mesh.timers = []
        mesh.order(.retry)
        #expect(mesh.status == "running" && mesh.timers.map(\.kind) == [.sleep])
        mesh.fire(.sleep)
        #expect(mesh.value == "{}")
    }

    @Test func `an answer that isn't the method's stops the workflow before anybody sees it`() {
        var mesh = ScriptMesh { _ throws(Script.End) in "{\"value\":\"wrong\"}" }
        mesh.start()
        #expect(mesh.status == "stuck" && mesh.answers.isEmpty && mesh.errorText.contains("it is wrong"))
    }

    @Test func `a workflow whose package isn't there takes what comes, and looks again`() {
        var mesh = ScriptMesh(Self.waiting)
        mesh.start()
        let codes = mesh.environment.codes
        mesh.environment.codes = []
        #expect(mesh.signal("approve", "{\"ok\":1}").reply == "{}")
        #expect(mesh.record?.row.waitingFor == "the package d1" && mesh.timers.count == 1)
        mesh.signal("note")
        #expect(mesh.timers.count == 1)
        mesh.fire(.advance)
        #expect(mesh.timers.count == 1)
        mesh.environment.codes = codes
        mesh.fire(.advance)
        #expect(mesh.value == "{\"ok\":1}" && mesh.timers.isEmpty)
    }

    // MARK: Versions

    @Test func `an upgrade moves a workflow only where the new code does what the journal has`() {
        var mesh = ScriptMesh(Self.waiting)
        mesh.start()
        mesh.environment.codes += [
            Script.code(digest: "bad") { script throws(Script.End) in try script.value(script.sleep(1)) },
            Script.code(digest: "good") { script throws(Script.End) in
                let op = try script.receive("approve")
                if try script.patch("louder") { return try script.value(op) + "!" }
                return try script.value(op)
            },
        ]
        #expect(mesh.order(.upgrade(digest: "none")).refusal == .notFound)
        #expect(mesh.order(.upgrade(digest: "bad")).refusal == .failedPrecondition)
        #expect(mesh.record?.row.digest == "d1")
        #expect(mesh.order(.upgrade(digest: "good")).reply == "{}")
        #expect(mesh.record?.row.digest == "good")
        mesh.signal("approve", "{}")
        #expect(mesh.value == "{}!")
    }

    @Test func `a reset decides anew from an entry, with the answers that came, and sends nothing again`() {
        let isNew = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.value(script.call("pay.P/take", key: "a"))
            let open = try script.call("pay.P/take", key: "b")
            let third = try script.call(isNew.value > 0 ? "pay.P/late" : "pay.P/take", key: "c")
            return try first + script.value(open) + script.value(third)
        }
        mesh.start()
        mesh.answer(1, "{\"v\":1}")
        #expect(mesh.published.count == 3 && mesh.record?.row.nextSequence == 6)
        isNew.add()
        #expect(mesh.order(.reset(sequence: 99)).refusal == .invalidRequest)
        #expect(mesh.order(.reset(sequence: 4)).reply == "{}")
        #expect(mesh.record?.row.run == 2)
        mesh.fire(.advance)
        #expect(mesh.published.map(\.message.type) == ["pay.P/take", "pay.P/take", "pay.P/take", "pay.P/late"])
        #expect(mesh.answer(3, "{\"v\":0}", run: 1).isIgnored, "that call was given up")
        mesh.answer(2, "{\"v\":2}", run: 1)
        mesh.answer(3, "{\"v\":3}", run: 2)
        #expect(mesh.value == "{\"v\":1}{\"v\":2}{\"v\":3}")
    }

    // MARK: Activations

    @Test func `several inputs share one run of the code, and what nobody waits for needs none`() {
        let runs = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            runs.add()
            let (first, second) = (try script.call("pay.P/take"), try script.call("pay.P/take"))
            return try script.value(first) + script.value(second)
        }
        mesh.start()
        mesh.answer(2, "{\"v\":2}")
        #expect(runs.value == 1, "it waits for the first one")
        mesh.answer(1, "{\"v\":1}")
        #expect(runs.value == 2 && mesh.value == "{\"v\":1}{\"v\":2}")
        mesh = ScriptMesh { script throws(Script.End) in
            runs.add()
            return try script.value(script.receive("note")) + script.value(script.receive("note"))
        }
        mesh.start()
        mesh.give([mesh.input(.signal("note", 1)), mesh.input(.signal("note", 2))])
        #expect(runs.value == 4 && mesh.status == "completed")
    }

    @Test func `an activation that does too much is committed and goes on at once`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            for number in 0..<25 { try script.emit("shop.counted", "{\"n\":\(number)}") }
            return "{}"
        }
        mesh.limits.entriesPerActivation = 10
        mesh.start()
        #expect(mesh.published.count == 10 && mesh.timers.map(\.kind) == [.advance])
        // At the very time at which it is due, to the microsecond.
        mesh.clock.microseconds -= 1000
        mesh.fire(.advance)
        mesh.clock.microseconds -= 1000
        mesh.fire(.advance)
        #expect(mesh.status == "completed" && mesh.timers.isEmpty)
        #expect(mesh.published.map { TestCode.number(in: $0.message.data) } == Array(0..<25))
        #expect(mesh.activations == 3)
    }

    @Test func `what local steps hand out and how long they take bounds an activation too`() {
        let body: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
            for _ in 0..<6 { _ = try script.value(script.call("shop.W/step", "{\"n\":1}")) }
            return try script.state()
        }
        var mesh = ScriptMesh(body)
        // An entry has some 150 bytes, the step's event 207.
        mesh.limits.bytesPerActivation = 700
        mesh.start()
        #expect(mesh.published.count == 2)
        while mesh.isOpen { mesh.fire(.advance) }
        #expect(mesh.value == "{\"n\":6}" && mesh.activations == 4)
        mesh = ScriptMesh(body)
        mesh.limits.timePerActivation = .zero
        mesh.start()
        #expect(mesh.published.count == 1)
        while mesh.isOpen { mesh.fire(.advance) }
        #expect(mesh.value == "{\"n\":6}" && mesh.activations == 6 + 1)
    }

    @Test func `the debugger knows the state after local steps, also after those that were tried again`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.value(script.call("shop.W/step", "{\"n\":3}"))
            _ = try script.value(script.call("shop.W/flaky", "{\"n\":4}"))
            return try script.value(script.sleep(1))
        }
        mesh.start()
        while mesh.isOpen, let timer = mesh.nextTimer { mesh.give([.timer(timer)]) }
        var states: [String] = []
        _ = WorkflowReplay.run(try #require(mesh.record), code: mesh.environment.codes[0], randomSecret: []) { step in
            states.append(step.state.map { String(decoding: $0, as: UTF8.self) } ?? "-")
            return true
        }
        let (three, seven) = ("{\"n\":3}", "{\"n\":7}")
        #expect(mesh.status == "completed" && states == [three, three, three, seven, seven, seven])
    }

    @Test func `a replay for the debugger tells each step, and stops where it is told`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.set("{\"n\":1}")
            let value = try script.value(script.call("pay.P/take", "{\"n\":5}"))
            return value
        }
        mesh.start()
        mesh.answer(1, "{\"v\":1}")
        let record = try #require(mesh.record)
        var steps: [ReplayStep] = []
        let end = WorkflowReplay.run(record, code: mesh.environment.codes[0], randomSecret: []) { step in
            steps.append(step)
            return true
        }
        #expect(end == .agrees("returns {\"v\":1}"))
        #expect(
            steps.map(\.text) == [
                "writes its state {\"n\":1}", "calls pay.P/take {\"n\":5}",
                "is told of operation 1: calls pay.P/take {\"n\":5}",
            ])
        #expect(steps[2].entry.result == Array("{\"v\":1}".utf8) && steps[2].state == Array("{\"n\":1}".utf8))
        #expect(
            WorkflowReplay.run(record, code: mesh.environment.codes[0], randomSecret: []) { _ in false } == .stopped)
        let other = Script.code { script throws(Script.End) in
            try script.set("{\"n\":1}")
            _ = try script.value(script.call("pay.P/take", "{\"n\":5}"))
            return "{}"
        }
        guard case .difference(let difference) = WorkflowReplay.run(record, code: other, randomSecret: []) else {
            Issue.record("it returns something else")
            return
        }
        #expect(difference.expected == "returns {\"v\":1}" && difference.found == "returns {}")
    }
}
