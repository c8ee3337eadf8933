import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import Workflows
/// Code that isn't the journal's, crashes, or isn't there; doings that Postgres refuses; what a person can do then.
@Suite struct `A workflow's failures` {
    @Test
    func
        `other code than the journal's stops that workflow, which still takes what comes, and goes on after a rollback`()
    {
        var mesh = ScriptMesh(Script.waiting)
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
        var mesh = ScriptMesh(Script.waiting)
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
        var mesh = ScriptMesh(Script.waiting)
        mesh.start()
        mesh.environment.codes += [
            Script.code(digest: "bad") { script throws(Script.End) in try script.value(script.sleep(1)) },
            Script.code(digest: "good") { script throws(Script.End) in
                let op = try script.receive("approve")
                if try script.patch("louder") { return try script.value(op) + "!" }
                return try script.value(op)
            },
        ]
        // The two by which a router knows that the package may be on its way.
        if case .refused(let error) = mesh.order(.upgrade(digest: "none")) {
            #expect(error.code == .notFound && error.retryable)
        } else {
            Issue.record("it is moved to a package that isn't there")
        }
        #expect(mesh.order(.upgrade(digest: "bad")).refusal == .failedPrecondition)
        #expect(mesh.record?.row.digest == "d1")
        #expect(mesh.order(.upgrade(digest: "good")).reply == "{}")
        #expect(mesh.record?.row.digest == "good")
        mesh.signal("approve", "{}")
        #expect(mesh.value == "{}!")
    }

    /// Once no workflow is left that ran before the change, the code needn't ask about it any more.
    @Test func `a marker of a change can be taken away where all have gone the new way`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            if try !script.patch("louder") { _ = try script.value(script.sleep(1)) }
            return try script.value(script.receive("approve"))
        }
        mesh.start()
        mesh.environment.codes.append(
            Script.code(digest: "clean") { script throws(Script.End) in
                let text = try script.value(script.receive("approve"))
                return try script.patch("longer") ? text + "!" : text
            })
        #expect(mesh.order(.upgrade(digest: "clean")).reply == "{}")
        mesh.signal("approve", "{}")
        #expect(mesh.value == "{}!" && mesh.status == "completed")
    }

    @Test func `an upgrade runs the new code at once, which may wait for something else than the old`() {
        var mesh = ScriptMesh(Script.waiting)
        mesh.start()
        mesh.environment.codes.append(
            Script.code(digest: "timed") { script throws(Script.End) in
                let op = try script.receive("approve")
                return try script.wait(op, script.sleep(5)) == 0 ? script.text(op) : "late"
            })
        mesh.order(.upgrade(digest: "timed"))
        #expect(mesh.timers.map(\.kind) == [.sleep])
        mesh.fire(.sleep)
        #expect(mesh.value == "late")
    }

    @Test func `after an upgrade what the new code waits for wakes it, though the old didn't wait for that`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.call("pay.P/take")
            return try script.value(script.receive("approve"))
        }
        mesh.start()
        mesh.environment.codes.append(
            Script.code(digest: "either") { script throws(Script.End) in
                let (call, approval) = (try script.call("pay.P/take"), try script.receive("approve"))
                return try script.wait(call, approval) == 0 ? script.text(call) : script.text(approval)
            })
        mesh.order(.upgrade(digest: "either"))
        mesh.answer(1, "{\"paid\":1}")
        #expect(mesh.value == "{\"paid\":1}")
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

    @Test func `after a reset a call that had been given up isn't waited for without an end`() {
        let isNew = Tally()
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.call("pay.P/take")
            let timed = try script.call("pay.P/take", "{}", "{\"deadline\":60000000}")
            let timer = try script.sleep(5)
            if isNew.value == 0 {
                _ = try script.wait(timer)
                try script.cancel(first)
                try script.cancel(timed)
                return try script.value(script.receive("approve"))
            }
            return try script.value(first) + script.value(timed)
        }
        mesh.start()
        mesh.fire(.sleep)
        #expect(mesh.answer(1, "{\"v\":1}").isIgnored, "nobody waits for it any more")
        isNew.add()
        #expect(mesh.order(.reset(sequence: 5)).reply == "{}")
        mesh.fire(.advance)
        // What has a deadline comes to an end: its answer may be on its way.
        mesh.answer(2, "{\"v\":2}")
        #expect(mesh.value == "CANCELLED{\"v\":2}")
    }

    @Test func `after a reset the code draws the same random numbers and reads the same clock as before`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let drawn =
                "{\"seed\":\"\(script.seed)\",\"run\":\(script.calls.run),\"now\":\(script.calls.now.microseconds)}"
            let first = try script.value(script.call("pay.P/take", key: "a", drawn))
            return try first + script.value(script.call("pay.P/take", key: "b", drawn))
        }
        mesh.start()
        mesh.clock.microseconds += 5_000_000
        mesh.answer(1, "{\"v\":1}")
        #expect(mesh.order(.reset(sequence: 3)).reply == "{}")
        mesh.fire(.advance)
        #expect(mesh.status == "running" && mesh.record?.row.run == 2, "\(mesh.errorText)")
        // Once more: the stream is still the first run's.
        #expect(mesh.order(.reset(sequence: mesh.record?.journal.first?.sequence ?? 0)).reply == "{}")
        mesh.fire(.advance)
        let requests = mesh.published.filter { $0.message.type == "pay.P/take" }.map(\.message.data)
        #expect(requests.count == 4 && Set(requests).count == 1 && mesh.status == "running")
    }

    @Test func `a child that was called before a reset is asked to end under the name by which it knows its caller`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.call("pay.P/child", key: "c")
            return try script.value(script.receive("approve"))
        }
        mesh.start()
        #expect(mesh.order(.reset(sequence: 3)).reply == "{}")
        mesh.fire(.advance)
        mesh.signal("approve")
        #expect(mesh.status == "completed")
        #expect(mesh.orders.contains { $0.contains("\"caller\":\"shop.W/1.1.1.d0f631ca1ddb/w1\"") }, "\(mesh.orders)")
    }

    @Test func `a reset to before the call of a child ends the child, unless its name is its own`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let named = try script.call("pay.P/child", key: "c")
            _ = try script.call("pay.P/child")
            return try script.value(named)
        }
        mesh.start()
        #expect(mesh.order(.reset(sequence: 1)).reply == "{}")
        let ended = mesh.published.filter { $0.message.type == "mesh.control" }.map(\.message.key)
        #expect(ended.count == 1 && ended[0]?.hasPrefix("w1/1.2") == true, "\(ended)")
        mesh.fire(.advance)
        // What was the first run's child answers the second one, which has called it again.
        mesh.answer(1, "{\"v\":1}", run: 2)
        #expect(mesh.value == "{\"v\":1}")
    }
}
