import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import Workflows

/// Calls, local steps, timers and children of a workflow.
@Suite struct `What a workflow begins` {
    @Test func `a call is sent with the address of its answer, and the answer wakes the code`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.value(script.call("pay.P/take", key: "k", "{\"n\":1}", "{\"label\":\"take it\"}"))
        }
        mesh.start()
        let call = mesh.published[0]
        #expect(call.topic == "pay.P" && call.message.key == "k" && call.message.type == "pay.P/take")
        #expect(
            call.message.extensions.answerTo == "shop.W/1.1.1.d0f631ca1ddb/w1"
                && call.message.extensions.caller == "shop.W")
        #expect(mesh.record?.row.waitingFor == "answer of pay.P/take" && mesh.record?.waitsFor == [1])
        #expect(mesh.journal[1].label == "take it")
        mesh.answer(1, "{\"value\":7}")
        #expect(mesh.status == "completed" && mesh.value == "{\"value\":7}")
        #expect(mesh.kinds == ["started", "call", "answered", "completed"])
        #expect(mesh.published.count == 1)
        #expect(mesh.answers.map(\.callID) == ["c1"] && mesh.answers[0].extensions.replyTo == 3)
    }

    @Test func `an answer of another run, another attempt, or to what is completed is dropped`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.call("pay.P/take")
            let second = try script.call("pay.P/take")
            return try script.value(first) + script.value(second)
        }
        mesh.start()
        #expect(mesh.answer(1, "{}", run: 2).isIgnored)
        #expect(mesh.answer(1, "{}", attempt: 2).isIgnored)
        #expect(mesh.answer(3, "{}").isIgnored)
        #expect(!mesh.answer(1, "{}").isIgnored)
        #expect(mesh.answer(1, "{}").isIgnored)
        #expect(mesh.journal.count == 4)
    }

    @Test func `a call is tried again as its options ask, and only for errors that may pass`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.value(script.call("pay.P/take", "{}", "{\"retries\":2,\"backoff\":\"fixed\",\"delay\":5000}"))
        }
        let busy = "{\"code\":\"BUSY\",\"message\":\"no\",\"retryable\":true}"
        mesh.start()
        mesh.answer(1, busy, isError: true)
        let retry = try #require(mesh.timers.first)
        #expect(retry.kind == .retry && retry.operation.attempt == 2)
        #expect(mesh.answer(1, "{}").isIgnored, "the first attempt is over")
        mesh.fire(.retry)
        #expect(
            mesh.published.map(\.message.extensions.answerTo) == [
                "shop.W/1.1.1.d0f631ca1ddb/w1", "shop.W/1.1.2.d0f631ca1ddb/w1",
            ])
        #expect(mesh.published[0].message.key == mesh.published[1].message.key, "each attempt has the same key")
        #expect(mesh.tell(.timer(retry)).isIgnored)
        mesh.answer(1, busy, attempt: 2, isError: true)
        mesh.fire(.retry)
        mesh.answer(1, busy, attempt: 3, isError: true)
        #expect(mesh.value == "BUSY" && mesh.published.count == 3 && mesh.timers.isEmpty)
        var other = ScriptMesh { script throws(Script.End) in
            try script.value(script.call("pay.P/take", "{}", "{\"retries\":2}"))
        }
        other.start()
        other.answer(1, "{\"code\":\"NO\",\"message\":\"no\",\"retryable\":false}", isError: true)
        #expect(other.value == "NO")
    }

    @Test func `a call's deadline ends it, whatever comes later, and is forgotten when the answer comes first`() {
        let body: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
            let op = try script.call("pay.P/take", "{}", "{\"deadline\":50000}")
            let value = try script.value(op)
            _ = try script.wait(script.receive("note"))
            return value
        }
        var late = ScriptMesh(body)
        late.start()
        #expect(late.published[0].message.extensions.deadline == late.clock.advanced(by: .milliseconds(50)))
        late.fire(.deadline)
        #expect(late.answer(1, "{}").isIgnored)
        late.signal("note")
        #expect(late.value == "DEADLINE_EXCEEDED")
        var early = ScriptMesh(body)
        early.start()
        early.answer(1, "{\"value\":1}")
        #expect(early.timers.isEmpty)
    }

    @Test
    func
        `a handler of the own service and key runs at once, without Kafka, and its state and messages are the workflow's`()
    {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.value(script.call("shop.W/step", "{\"n\":2}"))
            let second = try script.value(script.call("shop.W/step", key: "w1", "{\"n\":3}"))
            return try first + second + script.state()
        }
        mesh.start()
        #expect(mesh.value == "{\"value\":2}{\"value\":5}{\"n\":5}")
        #expect(mesh.state == Array("{\"n\":5}".utf8))
        #expect(mesh.published.map(\.topic) == ["shop.stepped", "shop.stepped"])
        #expect(mesh.kinds == ["started", "local", "local", "read", "completed"])
        #expect(mesh.activations == 1)
    }

    @Test func `a handler of the own service with another key is called through Kafka`() {
        var mesh = ScriptMesh { script throws(Script.End) in try script.value(script.call("shop.W/step", key: "other"))
        }
        mesh.start()
        #expect(mesh.published.map(\.topic) == ["shop.W"] && mesh.kinds == ["started", "call"])
    }

    @Test func `a local step that fails is tried again by its handler's policy`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let failed = try script.value(script.call("shop.W/failing"))
            return try failed + script.value(script.call("shop.W/flaky", "{\"n\":4}", "{\"delay\":1000}"))
        }
        mesh.start()
        #expect(mesh.record?.row.waitingFor == "another attempt of shop.W/flaky")
        mesh.fire(.retry)
        #expect(mesh.state == nil)
        mesh.fire(.retry)
        #expect(mesh.value == "PROVIDER_UNAVAILABLE{\"value\":4}")
        #expect(mesh.kinds.dropFirst() == ["local", "failed", "local", "retried", "retried", "answered", "completed"])
    }

    @Test func `a local step that is tried again ends when its time is over`() {
        let body: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
            let atOnce = try script.value(script.call("shop.W/step", "{\"n\":1}", "{\"deadline\":50000}"))
            let step = try script.call("shop.W/flaky", "{\"n\":4}", "{\"delay\":1000,\"deadline\":50000}")
            return try atOnce + script.value(step)
        }
        var late = ScriptMesh(body)
        late.start()
        #expect(Set(late.timers.map(\.kind)) == [.deadline, .retry] && late.timers.count == 2)
        late.fire(.retry)
        late.fire(.deadline)
        #expect(late.value == "{\"value\":1}DEADLINE_EXCEEDED" && late.timers.isEmpty, "\(late.errorText)")
        #expect(late.state == Array("{\"n\":1}".utf8))
        var early = ScriptMesh(body)
        early.start()
        early.fire(.retry)
        early.fire(.retry)
        #expect(early.value == "{\"value\":1}{\"value\":5}" && early.timers.isEmpty)
    }

    @Test(arguments: [("shop.W/crashing", "", 0), ("shop.W/crashing", "{\"retries\":2}", 2), ("shop.W/flaky", "", 2)])
    func `a local step that crashes is tried again only where somebody has asked for that`(
        _ target: String, _ options: String, _ retries: Int
    ) {
        var mesh = ScriptMesh { script throws(Script.End) in try script.value(script.call(target, "{}", options)) }
        mesh.start()
        while mesh.isOpen { mesh.fire(.retry) }
        #expect(mesh.kinds.count { $0 == "retried" } == retries)
        // As it is read from the journal.
        let details = CommandDetails(json: mesh.journal[1].details)
        #expect(details.json == mesh.journal[1].details)
    }

    @Test(arguments: [("30", 30), ("99999999", 86_400), ("-5", 0), ("\"soon\"", 0), ("[]", 0)])
    func `an error that asks to be left alone for some seconds is obeyed, for a day at most`(
        _ asked: String, _ seconds: Int
    ) throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.value(script.call("pay.P/take", "{}", "{\"retries\":1,\"backoff\":\"none\"}"))
        }
        mesh.start()
        let busy = "{\"code\":\"BUSY\",\"message\":\"no\",\"details\":{\"retryAfter\":\(asked)},\"retryable\":true}"
        mesh.answer(1, busy, isError: true)
        let timer = try #require(mesh.timers.first)
        let wait = (timer.due.microseconds - mesh.clock.microseconds) / 1_000_000
        #expect(timer.kind == .retry && wait == Int64(seconds), "\(wait)")
    }

    @Test func `a call to the outside says that it may have been taken where any attempt came to that`() {
        func told(_ codes: [String]) -> String? {
            var mesh = ScriptMesh { script throws(Script.End) in
                try script.value(script.call("mesh.Http/fetch", "{}", "{\"retries\":1,\"backoff\":\"none\"}"))
            }
            mesh.start()
            for (index, code) in codes.enumerated() {
                let error = "{\"code\":\"\(code)\",\"message\":\"m\",\"retryable\":true}"
                mesh.answer(1, error, attempt: Int32(index + 1), isError: true)
                mesh.fire(.retry)
            }
            return mesh.value
        }
        #expect(told(["COMMUNICATION_FAILURE", "PROVIDER_UNAVAILABLE"]) == "COMMUNICATION_FAILURE")
        #expect(told(["PROVIDER_UNAVAILABLE", "PROVIDER_UNAVAILABLE"]) == "PROVIDER_UNAVAILABLE")
        #expect(told(["PROVIDER_UNAVAILABLE", "COMMUNICATION_FAILURE"]) == "COMMUNICATION_FAILURE")
    }

    @Test func `retries leave room in the journal for what the code does when they come to nothing`() {
        let busy = "{\"code\":\"BUSY\",\"message\":\"no\",\"retryable\":true}"
        var mesh = ScriptMesh { script throws(Script.End) in
            let failed = try script.value(script.call("pay.P/take", "{}", "{\"retries\":1000000,\"backoff\":\"none\"}"))
            return try failed + script.value(script.call("pay.P/undo"))
        }
        mesh.limits.entries = 100
        mesh.start()
        var attempt: Int32 = 1
        while attempt < 200, mesh.kinds.last != "call" || attempt == 1 {
            mesh.answer(1, busy, attempt: attempt, isError: true)
            mesh.fire(.retry)
            attempt += 1
        }
        #expect(mesh.journal.count < 95 && mesh.published.last?.message.type == "pay.P/undo")
        mesh.answer(2, "{\"undone\":1}")
        #expect(mesh.value == "BUSY{\"undone\":1}", "\(mesh.errorText)")
    }

    @Test func `a timer that was given up is gone, and tells so`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let timer = try script.sleep(1000)
            try script.cancel(timer)
            let value = try script.value(timer)
            try script.cancel(timer)
            _ = try script.wait(script.sleep(5))
            return value
        }
        mesh.start()
        #expect(mesh.timers.count == 1)
        mesh.fire(.sleep)
        #expect(mesh.value == "CANCELLED")
        #expect(
            mesh.kinds == ["started", "timer", "cancel", "timer", "fired", "completed"], "what is over isn't given up")
    }

    // MARK: Children

    @Test func `a child is called with a key that is kept, and given up by an order that its answer ends`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let child = try script.call("pay.P/child")
            _ = try script.wait(script.sleep(5))
            try script.cancel(child)
            return try script.value(child)
        }
        mesh.start()
        let key = mesh.published[0].message.key
        #expect(key?.hasPrefix("w1/1.1-") == true)
        mesh.fire(.sleep)
        #expect(
            mesh.orders == [
                "{\"order\":\"cancel\",\"reason\":\"its parent gave it up\",\"caller\":\"shop.W/1.1.1.d0f631ca1ddb/w1\"}"
            ])
        #expect(mesh.published.last?.topic == "pay.P" && mesh.published.last?.message.key == key)
        #expect(mesh.status == "running")
        mesh.answer(1, "{\"code\":\"CANCELLED\",\"message\":\"\",\"retryable\":true}", isError: true)
        #expect(mesh.value == "CANCELLED")
    }

    @Test(arguments: [
        ("", ["cancel"]), ("{\"parentClose\":\"terminate\"}", ["terminate"]), ("{\"parentClose\":\"abandon\"}", []),
        ("{\"detached\":true}", []),
    ])
    func `at the parent's end an open child is treated as its call said`(options: String, expected: [String]) {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.call("pay.P/child", key: "c", "{}", options)
            _ = try script.call("pay.P/take")
            _ = try script.sleep(1000)
            return "{}"
        }
        mesh.start()
        #expect(mesh.status == "completed" && mesh.timers.isEmpty)
        #expect(mesh.orders.count == expected.count)
        for (order, word) in zip(mesh.orders, expected) { #expect(order.contains("\"order\":\"\(word)\"")) }
    }

    @Test func `a detached call is completed when it is sent, and has no address for an answer`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.value(script.call("pay.P/child", key: "c", "{}", "{\"detached\":true}"))
        }
        mesh.start()
        #expect(mesh.value == "{}" && mesh.published[0].message.extensions.answerTo == nil)
    }

    @Test func `a child that has failed isn't called again`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.value(script.call("pay.P/child", key: "c", "{}", "{\"retries\":5}"))
        }
        mesh.start()
        mesh.answer(1, "{\"code\":\"BUSY\",\"message\":\"\",\"retryable\":true}", isError: true)
        #expect(mesh.value == "BUSY" && mesh.published.count == 1)
    }

    @Test func `a role is a word for people, whatever the word`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.call("pay.P/take", "{}", "{\"role\":\"child\"}")
            let second = try script.call("pay.P/take", "{}", "{\"role\":\"refused\"}")
            let third = try script.call("pay.P/take", "{}", "{\"role\":\"givenKey\"}")
            _ = try script.wait(script.sleep(5))
            for call in [first, second, third] { try script.cancel(call) }
            return try [first, second, third].map { op throws(Script.End) in try script.value(op) }.joined(
                separator: " ")
        }
        mesh.start()
        mesh.fire(.sleep)
        #expect(mesh.value == "CANCELLED CANCELLED CANCELLED" && mesh.orders.isEmpty, "\(mesh.errorText)")
    }

    @Test func `a refused name with a zero byte is refused again at every replay`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let refused = try script.receive("no\0te")
            let key = try script.call("pay.P/take", key: "a\0b")
            _ = try script.wait(script.sleep(5))
            return "\(refused) \(key)"
        }
        mesh.start()
        mesh.fire(.sleep)
        #expect(mesh.value == "0 0", "\(mesh.errorText)")
    }

    @Test func `a timer beyond a century is refused, and says what can be done`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let (long, before) = (try script.sleep(4_000_000_000_000), try script.sleep(-1))
            _ = try script.wait(script.sleep(5))
            return "\(long) \(before)"
        }
        mesh.start()
        mesh.fire(.sleep)
        #expect(mesh.value == "0 0", "\(mesh.errorText)")
        let refusals = mesh.journal.compactMap { CommandDetails.refusal($0.details)?.reason }
        #expect(
            refusals == [
                "a timer is due within 100 years, and this one after 46296 days; to wait without an end, receive a signal",
                "a timer's data are microseconds, a whole number, 0 or more",
            ])
    }

    @Test func `a child whose deadline passes is asked to end`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            try script.value(script.call("pay.P/child", key: "c", "{}", "{\"deadline\":50000}"))
        }
        mesh.start()
        #expect(mesh.published[0].message.extensions.deadline == nil, "it isn't the child's own")
        mesh.fire(.deadline)
        #expect(mesh.value == "DEADLINE_EXCEEDED" && mesh.orders.count == 1)
    }

    @Test func `a workflow can't wait for itself, nor call nobody: the same refusal at every replay`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let itself = try script.call("shop.W/run", key: "w1")
            let nobody = try script.call("no.Body/there")
            let wrong = try script.call("pay.P/take", "5")
            // Its record would be a dead letter, and nobody would ever answer.
            let long = try script.call("pay.P/child", key: String(repeating: "k", count: 1025), "{}")
            _ = try script.wait(script.sleep(5))
            return "\(itself)\(nobody)\(wrong)\(long)"
        }
        mesh.start()
        mesh.fire(.sleep)
        #expect(mesh.value == "0000" && mesh.published.isEmpty)
        #expect(mesh.journal[3].request == nil, "what isn't JSON isn't kept")
    }
}
