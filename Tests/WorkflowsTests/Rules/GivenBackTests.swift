import MeshCore
import Outbox
import Testing
import Wasm

@testable import Workflows
/// Signals of which the code wasn't told before it gave up receiving them (I5: their senders were told).
@Suite struct `Signals that are given back` {
    /// What came in while the code didn't run, in one activation.
    private func give(_ mesh: inout ScriptMesh, timerFirst: Bool, signals: ClosedRange<Int>) throws {
        let timer = WorkflowInput.timer(try #require(mesh.timers.min { $0.due < $1.due }))
        let signals = signals.map { mesh.input(.signal("note", $0)) }
        mesh.clock = max(mesh.clock, mesh.timers.map(\.due).min() ?? mesh.clock)
        mesh.give(timerFirst ? [timer] + signals : signals + [timer])
    }

    /// The journal run again tells the code the same.
    private func checkReplay(_ mesh: ScriptMesh) {
        let replay = mesh.record.map { WorkflowReplay.run($0, code: mesh.environment.codes[0], randomSecret: []) }
        guard case .agrees? = replay else {
            Issue.record("\(String(describing: replay))")
            return
        }
    }

    @Test(arguments: [true, false])
    func `a signal that came together with the timer that beat it is the next receive's`(timerFirst: Bool) throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.receive("note")
            if try script.wait(first, script.sleep(5)) == 1 { try script.cancel(first) }
            let text = script.text(first)
            return try text + " then " + script.value(script.receive("note"))
        }
        mesh.start()
        try give(&mesh, timerFirst: timerFirst, signals: 1...1)
        if !timerFirst { mesh.signal("note", "{\"n\":2}") }
        #expect(mesh.value == (timerFirst ? "CANCELLED then {\"n\":1}" : "{\"n\":1} then {\"n\":2}"))
        checkReplay(mesh)
    }

    @Test func `what is given back moves the others up, in order`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let receives = [try script.receive("note"), try script.receive("note"), try script.receive("note")]
            _ = try script.wait(script.sleep(5), receives[0])
            try script.cancel(receives[0])
            let values = [try script.value(receives[1]), try script.value(receives[2])]
            return try values.joined() + script.value(script.receive("note"))
        }
        mesh.start()
        try give(&mesh, timerFirst: true, signals: 1...2)
        #expect(mesh.value == "", "the third is waited for")
        mesh.signal("note", "{\"n\":3}")
        #expect(mesh.value == "{\"n\":1}{\"n\":2}{\"n\":3}")
        checkReplay(mesh)
    }

    @Test func `each of several that are given up gives its signal back, also when the code could know of it by then`()
        throws
    {
        var mesh = ScriptMesh { script throws(Script.End) in
            let receives = [try script.receive("note"), try script.receive("note")]
            _ = try script.wait(script.sleep(5), receives[0], receives[1])
            for receive in receives { try script.cancel(receive) }
            return try script.value(script.receive("note")) + script.value(script.receive("note"))
        }
        mesh.start()
        try give(&mesh, timerFirst: true, signals: 1...2)
        #expect(mesh.value == "{\"n\":1}{\"n\":2}")
        checkReplay(mesh)
    }

    @Test func `a group hears of what moved up once, and of what was given up as given up`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let group = try script.group()
            let receives = [try script.receive("note"), try script.receive("note")]
            for receive in receives { try script.add(receive, to: group) }
            _ = try script.wait(script.sleep(5))
            try script.cancel(receives[0])
            var told: [String] = []
            while case .operation(let op)? = try script.next(of: group) { told.append("\(op) \(script.text(op))") }
            return told.joined(separator: ", ")
        }
        mesh.start()
        try give(&mesh, timerFirst: true, signals: 1...2)
        #expect(mesh.value == "1 CANCELLED, 2 {\"n\":1}")
        checkReplay(mesh)
    }

    @Test func `what the code was told of isn't given back`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let first = try script.receive("note")
            _ = try script.wait(first)
            try script.cancel(first)
            return try script.text(first) + " then " + script.value(script.receive("note"))
        }
        mesh.start()
        mesh.signal("note", "{\"n\":1}")
        #expect(mesh.status == "running" && mesh.kinds == ["started", "receive", "signal", "receive"])
        mesh.signal("note", "{\"n\":2}")
        #expect(mesh.value == "{\"n\":1} then {\"n\":2}")
    }

    @Test func `a journal that has lost a signal this way before goes on as it was`() throws {
        var mesh = ScriptMesh { script throws(Script.End) in
            let receives = [try script.receive("note"), try script.receive("note")]
            _ = try script.wait(script.sleep(5), receives[0], receives[1])
            for receive in receives { try script.cancel(receive) }
            return try script.value(script.receive("note"))
        }
        mesh.start()
        let sleep = try #require(mesh.timers.first)
        // What an older version wrote: the first receive given up, of the second it could know.
        var record = try #require(mesh.record)
        var next = record.row.nextSequence
        func add(_ kind: JournalEntry.Kind, op: Int32 = 0, name: String? = nil, request: String? = nil) {
            record.journal.append(
                JournalEntry(
                    sequence: next, run: 1, kind: kind, op: op, name: name, request: request.map { Array($0.utf8) },
                    at: mesh.clock))
            next += 1
        }
        add(.fired, op: sleep.operation.op)
        add(.signal, name: "note", request: "{\"n\":1}")
        add(.signal, name: "note", request: "{\"n\":2}")
        add(.cancel, op: 1)
        add(.receive, op: 4, name: "note")
        record.row.nextSequence = next
        mesh.record = record
        mesh.timers = []
        mesh.forget()
        mesh.signal("note", "{\"n\":3}")
        #expect(mesh.value == "{\"n\":3}", "\(mesh.errorText)")
    }
}
