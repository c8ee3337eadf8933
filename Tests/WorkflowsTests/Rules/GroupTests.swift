import MeshCore
import Outbox
import TestSupport
import Testing
import Wasm

@testable import Workflows

@Suite struct `Groups of operations` {
    @Test func `results come in the order in which they completed, each once, also those from before they were added`()
    {
        var mesh = ScriptMesh { script throws(Script.End) in
            let calls = [try script.call("pay.P/take"), try script.call("pay.P/take"), try script.call("pay.P/take")]
            let step = try script.call("shop.W/step", "{\"n\":1}")
            let group = try script.group()
            var told = ""
            for op in calls.reversed() + [step] { try script.add(op, to: group) }
            while case .operation(let op)? = try script.next(of: group) { told += "\(op)" }
            return told
        }
        mesh.start()
        #expect(mesh.record?.waitsFor == [1, 2, 3])
        mesh.answer(3, "{}")
        mesh.answer(1, "{}")
        #expect(mesh.record?.waitsFor == [2])
        mesh.answer(2, "{}", isError: true)
        #expect(mesh.value == "4312")
    }

    @Test func `others can be waited for beside a group, a cancellation comes once, and an empty group says so`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let group = try script.group()
            let other = try script.group()
            let op = try script.call("pay.P/take")
            guard try script.next(of: group) == .empty, try script.next(of: 3) == nil else { return "no" }
            guard try script.add(op, to: group), try !script.add(op, to: group), try !script.add(op, to: other),
                try !script.add(9, to: group), try !script.add(op, to: 7)
            else { return "added" }
            let timer = try script.sleep(5)
            var told = ""
            while true {
                switch try script.next(of: group, or: timer) {
                case .operation(let next): told += "\(next)"
                case .cancelled: told += "x"
                case .empty, nil: return told
                }
                if told.count == 4 { return told }
            }
        }
        mesh.start()
        mesh.fire(.sleep)
        #expect(mesh.record?.row.status == .completed && mesh.value == "2222", "what isn't the group's stays told")
        mesh = ScriptMesh { script throws(Script.End) in
            let group = try script.group()
            try script.add(script.call("pay.P/take"), to: group)
            guard try script.next(of: group) == .cancelled else { return "no" }
            return try script.next(of: group) == .operation(1) ? "{}" : "no"
        }
        mesh.start()
        mesh.order(.cancel(reason: nil, caller: nil))
        #expect(mesh.status == "running")
        mesh.answer(1, "{}")
        #expect(mesh.value == "{}")
    }

    @Test func `what completes while the code runs is told too`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let group = try script.group()
            let (call, note) = (try script.call("pay.P/take"), try script.receive("note"))
            try script.add(call, to: group)
            try script.add(note, to: group)
            try script.cancel(note)
            return "\(try script.next(of: group) == .operation(note))"
        }
        mesh.start()
        #expect(mesh.value == "true")
    }

    @Test func `code that waits on a group where the journal has a command is found`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            let op = try script.call("pay.P/take")
            try script.emit("shop.counted")
            return try script.value(op)
        }
        mesh.start()
        mesh.environment.codes = [
            Script.code { script throws(Script.End) in
                let group = try script.group()
                try script.add(script.call("pay.P/take"), to: group)
                _ = try script.next(of: group)
                return "{}"
            }
        ]
        mesh.order(.retry)
        mesh.answer(1, "{}")
        // It is told of the answer only after the event that came before it.
        #expect(mesh.status == "stuck" && mesh.errorCode == "NONDETERMINISM")
    }

    // MARK: Many

    /// Calls `count` others and adds their answers up.
    private static func fanOut(_ count: Int, runs: Tally, crashes: Tally) -> TestCode {
        Script.code { script throws(Script.End) in
            runs.add()
            let group = try script.group()
            for number in 0..<count {
                try script.add(script.call("pay.P/take", key: "k\(number)", "{\"n\":\(number)}"), to: group)
            }
            var sum = 0
            var told = 0
            while case .operation(let op)? = try script.next(of: group) {
                told += 1
                if crashes.value % 2 == 1, told % 100 == 7 { throw .crashed }
                sum += JSONMembers(Array(script.text(op).utf8))?.raw("value").flatMap { Int($0) } ?? 0
            }
            return "{\"told\":\(told),\"sum\":\(sum)}"
        }
    }

    /// Ten thousand children in linear time, with every kind of fault: the journal is replayed a few times, not once for each answer.
    @Test func `ten thousand calls end once each, with crashes, lost memory and redeliveries, in a few replays`() {
        var seed = Seed()
        let (runs, crashes) = (Tally(), Tally())
        let count = 10_000
        var mesh = ScriptMesh(TestEnvironment(codes: [Self.fanOut(count, runs: runs, crashes: crashes)]))
        mesh.limits.restPerEntry = 20
        mesh.start()
        while let timer = mesh.nextTimer { mesh.give([.timer(timer)]) }
        #expect(mesh.pendingAnswers.count == count && runs.value == count / 1000)
        var answers = mesh.pendingAnswers.shuffled(using: &seed)
        mesh.pendingAnswers = []
        let begun = runs.value
        var batches = 0
        var expected = 0
        while mesh.isOpen {
            mesh.clock.microseconds += 20_000
            if let timer = mesh.nextTimer, timer.due <= mesh.clock {
                mesh.give([.timer(timer)])
                if mesh.record?.row.attempt ?? 0 > 0 { crashes.add() }
                continue
            }
            guard !answers.isEmpty else {
                if let timer = mesh.nextTimer { mesh.clock = timer.due }
                continue
            }
            let batch = Array(answers.suffix(seed.integer(in: 20...120)))
            answers.removeLast(batch.count)
            batches += 1
            if batches % 40 == 20 {
                // It died before the commit; the next owner knows nothing.
                _ = mesh.attempt(batch.map { .answer($0) })
                mesh.forget()
                expected += 2
            }
            if batches % 40 == 0, mesh.record?.row.attempt == 0 {
                crashes.add()
                expected += 2
            }
            mesh.write(mesh.attempt(batch.map { .answer($0) }), of: batch.map { .answer($0) })
            let again = mesh.attempt([.answer(batch[0])])
            guard again.outcomes[0].isIgnored, again.effects == nil else {
                Issue.record("an answer was taken twice, \(seed)")
                return
            }
        }
        #expect(mesh.value == "{\"told\":\(count),\"sum\":\((0..<count).reduce(0) { $0 + 2 * $1 + 1 })}", "\(seed)")
        #expect(Set(mesh.published.map(\.message.key)).count == count && mesh.published.count == count)
        // It rests for 0.2 s at first, 0.4 s at the end; a batch comes each 0.02 s.
        print(
            "fan-out: \(batches) batches of answers, \(runs.value - begun) runs of the code, \(expected) of them for faults"
        )
        #expect(runs.value - begun - expected < batches / 6, "\(batches) batches, \(runs.value - begun) runs, \(seed)")
    }
}
