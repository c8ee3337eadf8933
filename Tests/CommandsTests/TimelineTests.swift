import MeshCore
import TestSupport
import Testing

@testable import Commands

@Suite struct TimelineTests {
    private func line(_ json: String) throws -> JournalLine { try #require(JournalLine(try JSONReader.read(json))) }

    private func timeline(_ entries: [String]) throws -> WorkflowTimeline {
        WorkflowTimeline(
            try entries.enumerated().map { index, members in
                try line(
                    "{\"seq\":\(index + 1),\"run\":1,\"at\":\"2026-11-21T06:00:\(index < 10 ? "0" : "")\(index).000000Z\",\(members)}"
                )
            })
    }

    private func states(_ timeline: WorkflowTimeline) -> [String] {
        timeline.steps.map { "\($0.seq) \($0.title) \($0.state.rawValue)" }
    }

    @Test func `each kind of step ends by what ends it`() throws {
        let steps = try timeline([
            #""kind":"started""#, #""kind":"local","op":1,"name":"s.A/reserve","result":{}"#,
            #""kind":"call","op":2,"name":"s.B/pay","label":"pay""#,
            #""kind":"timer","op":3,"due":"2026-11-21T07:00:00Z""#,
            #""kind":"receive","op":4,"name":"approve""#,
            #""kind":"failed","op":2,"result":{"code":"NO","message":"why"}"#,
            #""kind":"signal","name":"approve""#, #""kind":"cancel","op":3"#, #""kind":"emit","name":"order.done""#,
            #""kind":"completed","result":"DONE""#,
        ])
        #expect(
            states(steps) == [
                "1 started event", "2 s.A/reserve done", "3 pay: call s.B/pay failed", "4 timer cancelled",
                "5 signal approve done", "9 emit order.done instant", "10 completed event",
            ])
        #expect(steps.steps[2].note == "NO: why")
    }

    @Test func `what is open when the run ends isn't waited for any more`() throws {
        let steps = try timeline([
            #""kind":"started""#, #""kind":"timer","op":1,"due":"2026-11-21T07:00:00Z""#,
            #""kind":"terminated","result":{"code":"TERMINATED","message":"enough"}"#,
        ])
        #expect(states(steps) == ["1 started event", "2 timer dropped", "3 terminated event"])
        let text = TimelineText(timeline: steps, width: nil, now: try #require(steps.end)) { text, _ in text }
        #expect(text.lines[1].contains("open at the end") && !text.lines[1].contains("due"), "\(text.lines)")
    }

    @Test func `a child workflow that is asked to end is waited for until it has`() throws {
        let asked = [
            #""kind":"started""#, #""kind":"call","op":1,"name":"s.B/ship","details":{"child":true}"#,
            #""kind":"call","op":2,"name":"s.B/pay""#, #""kind":"cancel","op":1"#, #""kind":"cancel","op":2"#,
        ]
        let waits = try timeline(asked)
        #expect(states(waits) == ["1 started event", "2 call s.B/ship open", "3 call s.B/pay cancelled"])
        #expect(waits.steps[1].note == "asked to end")
        let ended = try timeline(
            asked + [#""kind":"failed","op":1,"result":{"code":"CANCELLED","message":"its parent gave it up"}"#])
        #expect(ended.steps[1].state == .failed && ended.steps[1].end == ended.end)
    }

    @Test func `a run that was reset says so`() throws {
        let steps = try timeline([
            #""kind":"started""#, #""kind":"continued","name":"reset","details":{"reset":1}"#,
        ])
        #expect(states(steps).last == "2 reset event" && steps.steps.last?.note == "to 1")
    }

    @Test func `a run that was restarted says by whom`() throws {
        let steps = try timeline([#""kind":"started","details":{"source":"/http","restartedBy":"/control/ann"}"#])
        #expect(states(steps) == ["1 restarted event"] && steps.steps[0].note == "by /control/ann")
    }

    @Test func `signals belong to receives in order, and early ones wait`() throws {
        let steps = try timeline([
            #""kind":"started""#, #""kind":"signal","name":"go""#, #""kind":"signal","name":"go""#,
            #""kind":"signal","name":"stop""#, #""kind":"receive","op":1,"name":"go""#,
            #""kind":"receive","op":2,"name":"go""#, #""kind":"receive","op":3,"name":"go""#,
        ])
        #expect(
            states(steps) == [
                "1 started event", "4 signal stop event", "5 signal go done", "6 signal go done", "7 signal go open",
            ])
    }

    @Test func `a receive that was given up leaves its signal to the next one`() throws {
        let steps = try timeline([
            #""kind":"receive","op":1,"name":"go""#, #""kind":"receive","op":2,"name":"go""#,
            #""kind":"cancel","op":1"#,
            #""kind":"signal","name":"go""#,
        ])
        #expect(states(steps) == ["1 signal go cancelled", "2 signal go done"])
    }

    @Test func `attempts are counted, and the last error is told while it is tried again`() throws {
        let open = try timeline([
            #""kind":"call","op":1,"name":"s.B/pay""#,
            #""kind":"retried","op":1,"attempt":2,"due":"2026-11-21T06:00:09Z","result":{"code":"AWAY","message":"no"}"#,
        ])
        #expect(open.steps[0].attempts == 2 && open.steps[0].note == "AWAY: no" && open.steps[0].state == .open)
        let text = TimelineText(timeline: open, width: nil, now: try #require(open.end)) { text, _ in text }
        #expect(text.lines[0].contains("attempt 2, due in 8.0 s, AWAY: no"), "\(text.lines)")
    }

    @Test func `a call ends with its last attempt, not when that begins`() throws {
        let steps = try timeline([
            #""kind":"call","op":1,"name":"s.B/pay""#,
            #""kind":"retried","op":1,"attempt":2,"due":"2026-11-21T06:00:02Z","result":{"code":"AWAY","message":"no"}"#,
            #""kind":"fired","op":1,"attempt":2"#, #""kind":"answered","op":1,"attempt":2,"result":{}"#,
        ])
        #expect(steps.steps[0].attempts == 2 && steps.steps[0].state == .done && steps.steps[0].end == steps.end)
    }

    @Test func `what was refused is a step by itself, and takes no signal`() throws {
        let timeline = try timeline([
            #""kind":"signal","op":0,"name":"poke""#,
            #""kind":"receive","op":0,"name":"poke","details":{"refused":"limit","reason":"20000 operations are open"}"#,
            #""kind":"receive","op":1,"name":"poke""#,
        ])
        #expect(states(timeline) == ["2 signal poke failed", "3 signal poke done"])
        #expect(timeline.steps.first?.note == "20000 operations are open")
    }

    @Test func `a signal that was given back belongs to the next receive`() throws {
        let steps = try timeline([
            #""kind":"receive","op":1,"name":"go""#, #""kind":"timer","op":2"#, #""kind":"fired","op":2"#,
            #""kind":"signal","name":"go""#, #""kind":"cancel","op":1,"details":{"returned":[]}"#,
            #""kind":"receive","op":3,"name":"go""#,
        ])
        #expect(states(steps) == ["1 signal go cancelled", "2 timer done", "6 signal go done"])
    }

    @Test func `bars fit the terminal, whatever the journal`() throws {
        var seed = Seed()
        let kinds = [
            "call", "timer", "receive", "local", "answered", "failed", "fired", "signal", "cancel", "emit", "retried",
        ]
        for _ in 0..<200 {
            let entries = (0..<seed.integer(in: 1...59)).map { _ in
                "\"kind\":\"\(kinds[seed.integer(in: 0...kinds.count - 1)])\",\"op\":\(seed.integer(in: 0...9)),\"name\":\"n\(seed.integer(in: 0...2))\""
            }
            let timeline = try timeline(entries)
            let now = Timestamp(microseconds: Int64(seed.integer(in: 0...4_000_000_000)) * 1_000_000)
            let width = seed.integer(in: 20...200)
            for line in TimelineText(timeline: timeline, width: width, now: now, paint: { text, _ in text }).lines {
                #expect(line.count <= max(width, 90) + 130, "\(line)")
            }
        }
    }

    @Test(arguments: [
        (900, "900 µs"), (1200, "1.2 ms"), (45_000, "45 ms"), (1_300_000, "1.3 s"), (59_900_000, "59 s"),
        (192_000_000, "3m 12s"), (7_200_000_000, "2h"), (7_500_000_000, "2h 5m"), (90_000_000_000, "1d 1h"),
    ])
    func `durations are read at a glance`(_ microseconds: Int64, _ text: String) {
        #expect(Age.text(microseconds: microseconds) == text)
    }
}
