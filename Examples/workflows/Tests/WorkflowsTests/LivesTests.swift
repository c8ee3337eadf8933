import Mesh
import Testing

@testable import Workflows

@Suite struct TalkingToWorkflows {
    private let test = WorkflowTest(MeshModule.self)

    @Test func `a signal ends the wait, and a query sees what goes on`() throws {
        try test.start(Desks.approval(id: "a"))
        try test.advance(by: .hours(13))
        #expect(try test.call(Desks.progress(id: "a")) == Progress(id: "a", step: "reminded", lines: 2))
        test.signal(Desks.approve(id: "a", by: "ada"), after: .minutes(5))
        #expect(try test.result(of: Desks.approval(id: "a"), key: "a") == "ada")
    }

    @Test func `nobody approves`() {
        let error = #expect(throws: MeshError.self) { try test.run(Desks.approval(id: "a")) }
        #expect(error?.code == "NOBODY")
    }

    @Test func `a signal that comes early waits`() throws {
        try test.start(Desks.collect(id: "a"))
        for number in 1...3 { test.signal(Desks.line(id: "a", text: "line \(number)")) }
        test.signal(Desks.noMoreLines(id: "a"))
        test.signal(Desks.line(id: "a", text: "too late"))
        #expect(try test.result(of: Desks.collect(id: "a"), key: "a") == 3)
        #expect(try test.state(of: "examples.Desks", "a", as: Progress.self)?.step == "line 3")
    }

    @Test func `who makes an offer is told what the seller thinks of it`() throws {
        try test.start(Desks.haggle(id: "h", price: 100))
        let offers = [5, 60, 80, 90].map { test.signal(Desks.offer(id: "h", amount: $0)) }
        #expect(try test.result(of: Desks.haggle(id: "h", price: 100), key: "h") == 90)
        let rude = #expect(throws: MeshError.self) { try offers[0].answer() }
        #expect(rude?.code == "RUDE")
        let answers = try offers.dropFirst().map { try $0.answer() }
        #expect(answers.map(\.asks) == [90, 81, 81] && answers.map(\.isTaken) == [false, false, true])
    }

    @Test func `a stream goes from one workflow to another`() throws {
        try test.start(Desks.collect(id: "reader"))
        try test.run(Desks.dictate(id: "writer", to: "reader", lines: 5))
        #expect(try test.result(of: Desks.collect(id: "reader"), key: "reader") == 5)
    }

    @Test func `a stream to nobody fails`() {
        let error = #expect(throws: MeshError.self) { try test.run(Desks.dictate(id: "w", to: "nobody", lines: 1)) }
        #expect(error?.code == "INSTANCE_NOT_FOUND")
    }
}

@Suite struct LivingAndEnding {
    private let test = WorkflowTest(MeshModule.self)

    @Test func `children are awaited or go their own way`() throws {
        #expect(try test.run(Families.parent(id: "p", child: "c")) == 3)
        try test.advance(by: .minutes(1))
        #expect(test.ids == ["c", "c-alone", "p"])
        #expect(!test.isRunning("c-alone"))
    }

    @Test func `an id that is taken is a conflict, unless the input is the same`() throws {
        try test.start(Families.count(id: "c", from: 0, to: 5))
        #expect(try test.run(Families.rival(id: "r", child: "c")) == "CONFLICT")
        try test.start(Families.count(id: "d", from: 0, to: 1))
        #expect(try test.run(Families.rival(id: "s", child: "d")) == "1")
    }

    @Test func `a cancelled workflow cleans up`() throws {
        test.cancel("a", reason: "enough", after: .days(3))
        try test.start(Families.patient(id: "a"))
        let error = #expect(throws: MeshError.self) { try test.result(of: Families.patient(id: "a"), key: "a") }
        #expect(error?.isCancelled == true)
        #expect(test.logged.map(\.text) == ["cleaned up a", "cancelled: enough"])
        #expect(test.journal(of: "a").last?.kind == .cancelled)
    }

    @Test func `a parent that is cancelled takes its child with it`() throws {
        try test.start(Families.parent(id: "p", child: "c"))
        test.cancel("p", after: .seconds(2))
        #expect(throws: MeshError.self) { try test.result(of: Families.parent(id: "p", child: "c"), key: "p") }
        try test.advance(by: .seconds(1))
        #expect(!test.isRunning("c"))
        #expect(test.isRunning("c-alone"))
    }

    @Test func `a long life has a small journal`() throws {
        #expect(try test.run(Families.count(id: "a", from: 0, to: 35)) == 4)
        #expect(test.journal(of: "a").filter { $0.kind == .continued }.count == 3)
    }

    @Test func `changed code goes the new way`() throws { #expect(try test.run(Families.changed(id: "a")) == "new") }

    @Test func `old code's journal agrees with the changed code, and not with other code`() throws {
        let old = WorkflowTest(OldModule.self)
        try old.start(Families.changed(id: "a"))
        try old.replay("a", with: MeshModule.self)
        let error = #expect(throws: MeshError.self) { try old.replay("a", with: OtherModule.self) }
        #expect(error?.code == "NONDETERMINISM")
    }
}

/// The code before `changed` slept twice.
private enum OldModule: GuestModule {
    static let methods = MeshModule.methods
    static func handle(_ request: MeshRequest) throws(MeshError) {
        try FamiliesWorkflow(request.host).sleep(for: .seconds(1))
        request.reply(value: "old")
    }
}

/// Code that does something else first.
private enum OtherModule: GuestModule {
    static let methods = MeshModule.methods
    static func handle(_ request: MeshRequest) throws(MeshError) {
        try FamiliesWorkflow(request.host).call(Families.cleanUp(id: "a"))
    }
}
