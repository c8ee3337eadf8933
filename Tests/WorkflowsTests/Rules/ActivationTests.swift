import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import Workflows
/// What one run of a workflow's code takes in and does, and what a debugger sees of it.
@Suite struct `A workflow's activations` {
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

    @Test func `between reading the state and writing what follows from it no activation ends`() {
        let body: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
            try script.emit("shop.counted")
            let sum = try TestCode.number(in: Array(script.state().utf8)) + 1
            try script.set("{\"n\":\(sum)}")
            try script.emit("shop.counted")
            return try script.state()
        }
        var mesh = ScriptMesh(body)
        mesh.limits.entriesPerActivation = 1
        mesh.start()
        mesh.fire(.advance)
        #expect(mesh.kinds == ["started", "emit", "read", "write"])
        // Another handler of the key, between two activations.
        mesh.state = Array("{\"n\":100}".utf8)
        mesh.fire(.advance)
        mesh.fire(.advance)
        #expect(mesh.value == "{\"n\":100}" && mesh.kinds.suffix(3) == ["emit", "read", "completed"])
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

    @Test func `an end that an operator or a limit made is no difference, whatever the code does there`() throws {
        let waiting: @Sendable (Script) throws(Script.End) -> String = Script.waiting
        let endless: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
            while true { try script.emit("shop.counted") }
        }
        let throwing: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
            _ = try script.receive("approve")
            throw .failed("BROKEN")
        }
        func end(_ mesh: ScriptMesh, _ run: Int32 = 1, other: TestCode? = nil) throws -> String {
            var record = try #require(mesh.record)
            record.journal = mesh.journal.filter { $0.run == run }
            let end = WorkflowReplay.run(record, code: other ?? mesh.environment.codes[0], randomSecret: [])
            guard case .agrees(let text) = end else { return "\(end)" }
            return text
        }
        var terminated = ScriptMesh(waiting)
        terminated.start()
        terminated.order(.terminate(reason: nil, caller: nil))
        #expect(try end(terminated) == "waits for operation 1")
        #expect(try end(terminated, other: Script.code(throwing)) == "throws BROKEN: as asked")
        var reset = ScriptMesh(waiting)
        reset.start()
        reset.order(.reset(sequence: 1))
        reset.fire(.advance)
        #expect(try end(reset) == "waits for operation 1")
        #expect(try end(reset, 2) == "waits for operation 1")
        var exhausted = ScriptMesh(endless)
        exhausted.limits.entries = 20
        exhausted.start()
        #expect(exhausted.errorCode == "RESOURCE_EXHAUSTED")
        #expect(try end(exhausted) == "goes on: emits shop.counted {}")
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

    @Test func `a timer until a time fires at that time, however late the code comes to begin it`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.value(script.receive("approve"))
            let now = script.calls.now.microseconds
            let passed = try script.sleep(10_000, "{\"until\":\(now + 10_000_000)}")
            let coming = try script.sleep(7_200_000, "{\"until\":\(now + 7_200_000_000)}")
            return try script.value(passed) + script.value(coming)
        }
        mesh.start()
        let codes = mesh.environment.codes
        mesh.environment.codes = []
        mesh.signal("approve")
        let told = mesh.clock
        // An hour without the package.
        mesh.clock = told.advanced(by: .seconds(3600))
        mesh.environment.codes = codes
        mesh.fire(.advance)
        let dues = mesh.timers.filter { $0.kind == .sleep }.map(\.due).sorted { $0 < $1 }
        #expect(dues == [mesh.clock, told.advanced(by: .seconds(7200))])
        mesh.fire(.sleep)
        mesh.fire(.sleep)
        #expect(mesh.value == "{}{}")
    }
}
