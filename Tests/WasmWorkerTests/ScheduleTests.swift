import MeshCore
import Outbox
import Schemas
import TestSupport
import Testing
import Workflows

@testable import WasmWorker

@Suite struct ScheduleTests {
    private let noon = Timestamp(iso8601: "2026-05-04T12:00:00Z") ?? Timestamp(microseconds: 0)

    private func schedule(
        _ known: LoadedSchedule?, overlap: SchedulePolicy.Overlap = .skip, catchUp: Duration = .seconds(60),
        cron: String? = "0 * * * *", isWorkflow: Bool = true, at now: Timestamp
    ) -> Schedule {
        Schedule(
            service: "t.S", method: "m",
            policy: cron.map { SchedulePolicy(cron: $0, overlap: overlap, catchUp: catchUp) },
            isWorkflow: isWorkflow, known: known, now: now)
    }

    /// As it was taken up at noon: due at one.
    private func taken(isOpen: Bool = false) -> LoadedSchedule {
        var first = schedule(nil, at: noon)
        first.look()
        var row = first.effects.row ?? ScheduleRow(service: "", method: "", cron: "", timezone: "")
        if isOpen { row.lastID = "m/last" }
        return LoadedSchedule(row: row, isOpen: isOpen)
    }

    private func hours(_ count: Double) -> Timestamp { noon.advanced(by: .seconds(count * 3600)) }

    @Test func `a new schedule is planned, a changed one anew, one that is gone not at all`() {
        let row = taken().row
        #expect(row.nextDue == hours(1))
        var same = schedule(taken(), at: hours(0.5))
        same.look()
        #expect(same.effects.row == nil && same.effects.timersAdded.isEmpty)
        var changed = schedule(taken(), cron: "30 * * * *", at: hours(0.25))
        changed.look()
        #expect(changed.effects.timersRemoved.map(\.due) == [hours(1)])
        #expect(changed.effects.timersAdded.map(\.due) == [hours(0.5)])
        var gone = schedule(taken(), cron: nil, at: hours(0.25))
        gone.look()
        #expect(gone.effects.timersRemoved.map(\.due) == [hours(1)] && gone.effects.timersAdded.isEmpty)
    }

    /// By the clock that was ahead it had fired at five, and was planned for six.
    @Test func `a schedule that was planned while the clock was ahead is planned anew`() {
        var known = taken()
        known.row.nextDue = hours(6)
        known.row.lastDue = hours(5)
        var back = schedule(known, at: hours(0.5))
        back.look()
        #expect(back.effects.timersRemoved.map(\.due) == [hours(6)])
        #expect(back.effects.timersAdded.map(\.due) == [hours(1)])
        // A workflow of that time has run already: this is another one.
        let planned = back.effects.row ?? known.row
        var fires = schedule(LoadedSchedule(row: planned, isOpen: false), at: hours(1))
        fires.fire(at: hours(1))
        #expect(fires.effects.messages.map(\.message.key) == ["m/2026-05-04T13:00:00.000000Z/1"])
        #expect(fires.effects.timersAdded.map(\.due) == [hours(2)])
    }

    @Test func `a worker whose clock is a moment behind doesn't fire again what another has just fired`() {
        var known = taken()
        known.row.lastDue = hours(1)
        known.row.nextDue = hours(2)
        var behind = schedule(known, at: hours(1).advanced(by: .milliseconds(-20)))
        behind.look()
        #expect(behind.effects.row == nil && behind.effects.timersAdded.isEmpty)
    }

    @Test func `a schedule that wasn't deployed when it was due fires again once it is back`() {
        var gone = schedule(taken(), cron: nil, at: hours(1))
        gone.fire(at: hours(1))
        #expect(gone.effects.messages.isEmpty && gone.effects.timersAdded.isEmpty)
        var back = schedule(gone.effects.row.map { LoadedSchedule(row: $0, isOpen: false) } ?? taken(), at: hours(1.5))
        back.look()
        #expect(back.effects.timersAdded.map(\.due) == [hours(2)])
    }

    @Test func `it calls its method at its time, and plans the next`() {
        var fired = schedule(taken(), at: hours(1))
        fired.fire(at: hours(1))
        #expect(fired.effects.messages.map(\.message.type) == ["t.S/m"])
        #expect(fired.effects.messages.map(\.message.key) == ["m/2026-05-04T13:00:00.000000Z"])
        #expect(fired.effects.row?.fired == 1)
        #expect(fired.effects.timersRemoved.map(\.due) == [hours(1)])
        #expect(fired.effects.timersAdded.map(\.due) == [hours(2)])
        // A timer that isn't the planned one is an old one.
        var old = schedule(taken(), at: hours(1))
        old.fire(at: hours(0.5))
        #expect(old.effects.messages.isEmpty && old.effects.row == nil)
    }

    @Test func `a call before that is still open is left alone, joined or ended`() {
        var skips = schedule(taken(isOpen: true), at: hours(1))
        skips.fire(at: hours(1))
        #expect(skips.effects.messages.isEmpty && skips.effects.row?.skipped == 1)
        #expect(skips.effects.timersAdded.map(\.due) == [hours(2)])
        var allows = schedule(taken(isOpen: true), overlap: .allow, at: hours(1))
        allows.fire(at: hours(1))
        #expect(allows.effects.messages.map(\.message.type) == ["t.S/m"])
        var cancels = schedule(taken(isOpen: true), overlap: .cancel, at: hours(1))
        cancels.fire(at: hours(1))
        #expect(cancels.effects.messages.map(\.message.type) == [WorkflowOrder.messageType])
        #expect(cancels.effects.messages.first?.message.key == "m/last")
        let again = hours(1).advanced(by: .seconds(1))
        #expect(cancels.effects.timersAdded.map(\.due) == [again])
        // It is cancelled once, and the call is made when it has ended.
        let row = cancels.effects.row ?? taken().row
        var waits = schedule(LoadedSchedule(row: row, isOpen: true), overlap: .cancel, at: again)
        waits.fire(at: again)
        #expect(waits.effects.messages.isEmpty && waits.effects.timersAdded.count == 1)
        var calls = schedule(LoadedSchedule(row: row, isOpen: false), overlap: .cancel, at: again)
        calls.fire(at: again)
        #expect(calls.effects.messages.map(\.message.type) == ["t.S/m"])
        #expect(calls.effects.timersAdded.map(\.due) == [hours(2)])
    }

    @Test func `a call that waited for the end of the one before has the time by the schedule`() {
        var known = taken(isOpen: true)
        known.row.lastDue = noon
        var cancels = schedule(known, overlap: .cancel, at: hours(1))
        cancels.fire(at: hours(1))
        var row = cancels.effects.row ?? known.row
        for second in 1...90 {
            let again = hours(1).advanced(by: .seconds(second))
            var waits = schedule(LoadedSchedule(row: row, isOpen: second < 90), overlap: .cancel, at: again)
            waits.fire(at: again)
            row = waits.effects.row ?? row
            if second == 90 {
                #expect(waits.effects.messages.map(\.message.key) == ["m/2026-05-04T13:00:00.000000Z"])
            }
        }
        #expect(row.lastDue == hours(1) && row.skipped == 0 && row.nextDue == hours(2))
    }

    @Test func `a fire that was missed too long ago ends no call, and others that were missed are counted`() {
        var stale = schedule(taken(isOpen: true), overlap: .cancel, at: hours(1.5))
        stale.fire(at: hours(1))
        #expect(stale.effects.messages.isEmpty && stale.effects.row?.skipped == 1)
        #expect(stale.effects.timersAdded.map(\.due) == [hours(2)])
        var latest = schedule(taken(isOpen: true), overlap: .cancel, at: hours(5.01))
        latest.fire(at: hours(1))
        #expect(latest.effects.messages.map(\.message.type) == [WorkflowOrder.messageType])
        #expect(latest.effects.row?.skipped == 4)
        #expect(latest.effects.timersAdded.map(\.due) == [hours(5.01).advanced(by: .seconds(1))])
    }

    @Test func `a call that waited past the next fire has the time of that one`() {
        var known = taken(isOpen: true)
        known.row.lastDue = noon
        known.row.nextDue = hours(2).advanced(by: .seconds(-0.5))
        var calls = schedule(
            LoadedSchedule(row: known.row, isOpen: false), overlap: .cancel, at: hours(2).advanced(by: .seconds(0.5)))
        calls.fire(at: hours(2).advanced(by: .seconds(-0.5)))
        #expect(calls.effects.messages.map(\.message.key) == ["m/2026-05-04T14:00:00.000000Z"])
        #expect(calls.effects.row?.skipped == 1)
    }

    @Test
    func
        `a handler's call that is open, or was at that time, is left alone; where calls may overlap each has its own key`()
    {
        var known = taken()
        known.row.lastFiredAt = hours(0.9)
        known.row.lastID = "@schedule/m"
        known.isOpen = true
        var open = schedule(known, isWorkflow: false, at: hours(1))
        open.fire(at: hours(1))
        #expect(open.effects.messages.isEmpty && open.effects.row?.skipped == 1)
        // The timer came behind the call, which ended after the time that it is for.
        known.isOpen = false
        known.row.lastEndedAt = hours(1.001)
        var late = schedule(known, isWorkflow: false, at: hours(1.002))
        late.fire(at: hours(1))
        #expect(late.effects.messages.isEmpty && late.effects.row?.skipped == 1)
        known.row.lastEndedAt = hours(0.95)
        var closed = schedule(known, isWorkflow: false, at: hours(1))
        closed.fire(at: hours(1))
        #expect(closed.effects.messages.map(\.message.key) == ["@schedule/m"] && closed.effects.isOpen)
        known.isOpen = true
        var allowed = schedule(known, overlap: .allow, isWorkflow: false, at: hours(1))
        allowed.fire(at: hours(1))
        #expect(allowed.effects.messages.map(\.message.key) == ["m/2026-05-04T13:00:00.000000Z"])
    }

    @Test func `of what was missed at most the latest is made up for, while it is fresh`() {
        var late = schedule(taken(), at: hours(1.01))
        late.fire(at: hours(1))
        #expect(late.effects.messages.count == 1)
        var tooLate = schedule(taken(), at: hours(1.5))
        tooLate.fire(at: hours(1))
        #expect(tooLate.effects.messages.isEmpty && tooLate.effects.row?.skipped == 1)
        #expect(tooLate.effects.timersAdded.map(\.due) == [hours(2)])
        var latest = schedule(taken(), at: hours(5.01))
        latest.fire(at: hours(1))
        #expect(latest.effects.messages.map(\.message.key) == ["m/2026-05-04T17:00:00.000000Z"])
        #expect(latest.effects.timersAdded.map(\.due) == [hours(6)])
    }

    @Test func `each fire that was left out is counted, whatever number was missed at once`() {
        var madeUp = schedule(taken(), at: hours(5.01))
        madeUp.fire(at: hours(1))
        #expect(madeUp.effects.row?.skipped == 4 && madeUp.effects.row?.fired == 1)
        var tooLate = schedule(taken(), at: hours(5.5))
        tooLate.fire(at: hours(1))
        #expect(tooLate.effects.messages.isEmpty && tooLate.effects.row?.skipped == 5)
        var open = schedule(taken(isOpen: true), at: hours(5.01))
        open.fire(at: hours(1))
        #expect(open.effects.messages.isEmpty && open.effects.row?.skipped == 5)
    }

    @Test func `a fire that comes a moment after its time isn't missed, however little is made up for`() {
        let late = hours(1).advanced(by: .milliseconds(1500))
        var prompt = schedule(taken(), catchUp: .zero, at: late)
        prompt.fire(at: hours(1))
        #expect(prompt.effects.messages.count == 1 && prompt.effects.row?.skipped == 0)
        var missed = schedule(taken(), catchUp: .zero, at: hours(1.01))
        missed.fire(at: hours(1))
        #expect(missed.effects.messages.isEmpty && missed.effects.row?.skipped == 1)
    }

    @Test func `what is triggered beside an open workflow isn't the one that the next fire asks for`() {
        func trigger(_ known: LoadedSchedule, isWorkflow: Bool = true) -> ScheduleEffects {
            var schedule = schedule(known, overlap: .cancel, isWorkflow: isWorkflow, at: hours(0.5))
            schedule.take(order: Array("{\"order\":\"trigger\"}".utf8))
            return schedule.effects
        }
        let beside = trigger(taken(isOpen: true))
        #expect(beside.messages.count == 1 && beside.row?.lastID == "m/last" && beside.row?.fired == 1)
        var next = schedule(beside.row.map { LoadedSchedule(row: $0, isOpen: true) }, overlap: .cancel, at: hours(1))
        next.fire(at: hours(1))
        #expect(next.effects.messages.map(\.message.key) == ["m/last"], "that one is cancelled")
        // Where nothing is open it is the last one, and so is a handler's call, which waits behind the one before.
        #expect(trigger(taken()).row?.lastID == "m/\(hours(0.5).iso8601)")
        #expect(trigger(taken(isOpen: true), isWorkflow: false).row?.lastID != "m/last")
    }

    @Test func `it can be paused, resumed and triggered`() {
        func order(_ order: String, _ known: LoadedSchedule) -> ScheduleEffects {
            var schedule = schedule(known, at: hours(0.5))
            schedule.take(order: Array("{\"order\":\"\(order)\"}".utf8))
            return schedule.effects
        }
        let paused = order("pause", taken())
        #expect(paused.row?.isPaused == true && paused.row?.nextDue == nil && paused.timersAdded.isEmpty)
        let state = LoadedSchedule(row: paused.row ?? taken().row, isOpen: false)
        let triggered = order("trigger", state)
        #expect(triggered.messages.count == 1 && triggered.row?.isPaused == true)
        let resumed = order("resume", state)
        #expect(resumed.row?.isPaused == false && resumed.timersAdded.map(\.due) == [hours(1)])
        #expect(order("dance", taken()).error?.code == .invalidRequest)
    }
}
