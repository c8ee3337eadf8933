import Foundation
import MeshCore
import Outbox
import TestSupport
import Testing
import Wasm

@testable import Workflows

/// Random workflows with faults end as without (I1, I7). `SEEDS` sets the number of programs.
@Suite struct `A thousand random workflows` {
    static let count = ProcessInfo.processInfo.environment["SEEDS"].flatMap { Int($0) } ?? 1000

    /// What goes wrong in a run.
    struct Faults {
        var crashes = false
        var traps = false
        var duplicates = false
        var forgets = false
    }

    /// Runs a program to its end; `schedule` says what happens when.
    static func run(
        _ program: Program, schedule: UInt64, faults: Faults = Faults(), fault: UInt64 = 1,
        codes: [TestCode] = [TestCode()], upgradingAfter upgrade: Int = .max, restarts: Bool = false
    ) -> SimulationResult {
        var schedule = Seed(value: schedule)
        var fault = Seed(value: fault)
        var mesh = SimulatedMesh(
            TestEnvironment(codes: [codes[0]]), signals: schedule.integer(in: 0...4),
            isCancelled: schedule.chance(0.15))
        if schedule.chance(0.2) { mesh.limits.entriesPerActivation = 7 }
        step([.start(SimulatedMesh<TestEnvironment>.call(program.input()), method: "run")], &mesh, faults, &fault)
        proceed(&mesh, &schedule, faults, &fault, codes: codes, upgradingAfter: upgrade)
        expectAnswers(mesh, program)
        if restarts, let ended = mesh.record {
            let entries = ended.journal.map(\.sequence)
            let from = schedule.chance(0.5) ? entries[schedule.integer(in: 0...entries.count - 1)] : nil
            let restart = WorkflowRestart(run: ended.row.run, digest: ended.row.digest, sequence: from)
            var order = WorkflowOrder.restart(restart).message(to: mesh.id, from: "/cli", at: mesh.clock).message
            // The life is called by it.
            order.id = "r1"
            step([.control(order)], &mesh, faults, &fault)
            if !mesh.isOpen {
                Issue.record("not restarted from \(from ?? 0): \(program)\n\(mesh.attempt([.control(order)]))")
            }
            proceed(&mesh, &schedule, faults, &fault, codes: codes, upgradingAfter: .max)
            expectAnswers(mesh, program)
        }
        return mesh.result
    }

    private static func expectAnswers(_ mesh: SimulatedMesh<TestEnvironment>, _ program: Program) {
        guard ["completed", "failed", "cancelled"].contains(mesh.record?.row.status.rawValue), !mesh.hasAnsweredOnce
        else { return }
        Issue.record("asked \(mesh.asking), answered \(mesh.answers.map(\.callID)): \(program)")
    }

    /// Lets things happen until it has ended.
    private static func proceed(
        _ mesh: inout SimulatedMesh<TestEnvironment>, _ schedule: inout Seed, _ faults: Faults, _ fault: inout Seed,
        codes: [TestCode], upgradingAfter upgrade: Int
    ) {
        while mesh.isOpen, mesh.activations < 2000 {
            let possible = mesh.possible
            guard !possible.isEmpty else { break }
            var events = [possible[schedule.integer(in: 0...possible.count - 1)]]
            if mesh.activations >= upgrade, mesh.environment.codes.count < codes.count {
                mesh.environment.codes = codes
                let order = WorkflowOrder.upgrade(digest: "d2").message(to: mesh.id, from: "/cli", at: mesh.clock)
                mesh.write(mesh.attempt([.control(order.message)]), of: [.control(order.message)])
                mesh.activations -= 1
            }
            mesh.take(events[0])
            // Several at once: some of them the code hasn't heard of when it decides by the first.
            while events.count < 4, schedule.chance(0.25) {
                let more = mesh.possible.filter { !events.contains($0) }
                guard !more.isEmpty else { break }
                events.append(more[schedule.integer(in: 0...more.count - 1)])
                mesh.take(events[events.count - 1])
            }
            step(events.map { mesh.input($0) }, &mesh, faults, &fault)
        }
    }

    private static func step(
        _ inputs: [WorkflowInput], _ mesh: inout SimulatedMesh<TestEnvironment>, _ faults: Faults, _ fault: inout Seed
    ) {
        if faults.forgets, fault.chance(0.5) { mesh.forget() }
        if faults.crashes {
            // The process dies in the middle, or after it before the transaction: nothing was written.
            for _ in 0..<fault.integer(in: 0...2) {
                _ = mesh.attempt(inputs, in: TestEnvironment(codes: [TestCode(crashingAt: fault.integer(in: 1...30))]))
            }
        }
        if faults.traps, fault.chance(0.5) {
            let crashing = TestEnvironment(codes: [TestCode(crashingAt: fault.integer(in: 1...20))])
            mesh.delivered += inputs
            mesh.write(mesh.attempt(inputs, in: crashing), of: inputs)
            // The timer of the next attempt, without letting time go on.
            if let timer = mesh.timers.first(where: { $0.kind == .advance && $0.operation.attempt > 1 }) {
                mesh.write(mesh.attempt([.timer(timer)]), of: [.timer(timer)])
            }
        } else {
            mesh.give(inputs)
        }
        if faults.duplicates, let again = mesh.delivered.randomElement(using: &fault) {
            switch again {
            // Running on once more does no harm.
            case .timer(let timer) where timer.kind == .advance: break
            case .answer, .timer: check(again, &mesh)
            case .start, .signal, .control: break
            }
        }
    }

    /// What was delivered before must not count again.
    private static func check(_ again: WorkflowInput, _ mesh: inout SimulatedMesh<TestEnvironment>) {
        let activation = mesh.attempt([again])
        guard case .ignored = activation.outcomes[0], activation.effects == nil else {
            Issue.record("a duplicate was taken: \(again)")
            return
        }
    }

    static func programs(_ seed: inout Seed, isOrdered: Bool = false) -> [(Program, UInt64)] {
        (0..<count).map { _ in
            (Program.random(using: &seed, length: seed.integer(in: 3...30), isOrdered: isOrdered), seed.next())
        }
    }

    static func expectSame(_ faulty: SimulationResult, _ plain: SimulationResult, _ program: Program) -> Bool {
        if faulty == plain { return true }
        Issue.record(
            """
            differs: \(program)
            status \(plain.status) and \(faulty.status), journals of \(plain.journal.count) and \(faulty.journal.count), \
            messages \(plain.published.count) and \(faulty.published.count)
            \(zip(plain.journal, faulty.journal).first { $0 != $1 }.map { "\($0)\n\($1)" } ?? "the journals agree as far as they go")
            \(String(describing: plain.row))
            \(String(describing: faulty.row))
            """)
        return false
    }

    @Test func `with crashes after any host call, redeliveries and lost memory they leave the same behind`() {
        var seed = Seed()
        var ends: [String: Int] = [:]
        for (program, schedule) in Self.programs(&seed) {
            let plain = Self.run(program, schedule: schedule)
            ends[plain.status, default: 0] += 1
            if plain.status == "running" || plain.status == "stuck" {
                Issue.record("\(plain.status): \(program)\n\(plain.row.debugDescription)\n\(plain.journal.suffix(3))")
                return
            }
            let faults = Faults(crashes: true, traps: false, duplicates: true, forgets: true)
            let faulty = Self.run(program, schedule: schedule, faults: faults, fault: seed.next())
            guard Self.expectSame(faulty, plain, program) else { return }
        }
        print("ends: \(ends)")
        #expect(ends["running"] == nil && ends["stuck"] == nil, "\(ends)")
        #expect((ends["completed"] ?? 0) > Self.count / 3)
    }

    @Test func `restarted from their start or any entry they end again, with faults as without`() {
        var seed = Seed()
        var ends: [String: Int] = [:]
        for (program, schedule) in Self.programs(&seed) {
            let plain = Self.run(program, schedule: schedule, restarts: true)
            ends[plain.status, default: 0] += 1
            let faults = Faults(crashes: true, duplicates: true, forgets: true)
            let faulty = Self.run(program, schedule: schedule, faults: faults, fault: seed.next(), restarts: true)
            guard Self.expectSame(faulty, plain, program) else { return }
            guard let row = plain.row, plain.status != "running", plain.status != "stuck" else {
                Issue.record("\(plain.status): \(program)\n\(plain.row.debugDescription)\n\(plain.journal.suffix(3))")
                return
            }
            let run = plain.journal.filter { $0.run == row.run }
            let replay = WorkflowReplay.check(
                WorkflowRecord(row: row, journal: run), code: TestCode(), randomSecret: [1, 2, 3])
            #expect(replay == nil, "\(program)")
            // One that was to run the code on may be left, and does nothing.
            #expect(
                plain.timers.allSatisfy { $0.kind == .advance }
                    && plain.answers.count { $0.callType == "shop.W/run" } == 1, "\(program)")
        }
        print("ends after a restart: \(ends)")
    }

    @Test func `with traps in their code that are tried again they leave the same behind`() {
        var seed = Seed()
        for (program, schedule) in Self.programs(&seed) {
            let plain = Self.run(program, schedule: schedule)
            let faulty = Self.run(
                program, schedule: schedule, faults: Faults(traps: true), fault: seed.next())
            guard Self.expectSame(faulty, plain, program) else { return }
        }
    }

    @Test func `independent answers in another order give the same result, the same state and the same messages`() {
        var seed = Seed()
        for (program, schedule) in Self.programs(&seed, isOrdered: true) {
            let first = Self.runOrdered(program, schedule: schedule)
            let second = Self.runOrdered(program, schedule: seed.next())
            guard first.status == second.status, first.row?.result == second.row?.result,
                first.state == second.state, Self.sorted(first.published) == Self.sorted(second.published)
            else {
                Issue.record("differs: \(program)\n\(first.journal)\n\(second.journal)")
                return
            }
        }
    }

    /// Any order of answers and timers; signals only where it waits for one.
    private static func runOrdered(_ program: Program, schedule: UInt64) -> SimulationResult {
        var schedule = Seed(value: schedule)
        var mesh = SimulatedMesh(TestEnvironment(codes: [TestCode()]))
        if schedule.chance(0.5) {
            // It rests between runs, as it does with thousands of operations.
            mesh.limits.restedOperations = 1
            mesh.limits.restedEntries = 3
            mesh.limits.restPerEntry = 2000
        }
        mesh.give([.start(SimulatedMesh<TestEnvironment>.call(program.input()), method: "run")])
        var signal = 0
        while mesh.isOpen, mesh.activations < 2000 {
            var events = mesh.pendingAnswers.map { SimulatedMesh<TestEnvironment>.Event.answer($0) }
            events += mesh.timers.filter { $0.kind != .deadline }.sorted { $0.due < $1.due }.prefix(1).map {
                .timer($0)
            }
            if events.isEmpty {
                signal += 1
                events = [.signal(mesh.record?.row.waitingFor == "signal approve" ? "approve" : "ask", signal)]
            }
            // Several at once as well.
            var inputs: [WorkflowInput] = []
            for _ in 0...schedule.integer(in: 0...2) where !events.isEmpty {
                let event = events.remove(at: schedule.integer(in: 0...events.count - 1))
                mesh.take(event)
                inputs.append(mesh.input(event))
            }
            mesh.give(inputs)
        }
        return mesh.result
    }

    /// Without what depends on how far things were when the workflow ended: further attempts of calls, and orders to children.
    private static func sorted(_ messages: [OutgoingMessage]) -> [String] {
        messages.filter { sent in
            let address = sent.message.extensions.answerTo.flatMap { AnswerAddress($0) }
            return sent.message.type != WorkflowOrder.messageType && address?.call.operation.attempt ?? 1 == 1
        }
        .map { "\($0.topic) \($0.message.key ?? "") \(String(decoding: $0.message.data, as: UTF8.self))" }
        .sorted()
    }

    @Test func `another version is taken where it does what the journal has, and else changes nothing`() {
        var seed = Seed()
        var accepted = 0
        for (program, schedule) in Self.programs(&seed) {
            let plain = Self.run(program, schedule: schedule)
            var changed = program
            let place = seed.integer(in: 0...program.instructions.count - 1)
            changed.instructions[place] = Program.random(using: &seed, length: 1, isOrdered: false).instructions[0]
            let codes = [TestCode(), TestCode(digest: "d2", program: changed)]
            let upgraded = Self.run(
                program, schedule: schedule, codes: codes, upgradingAfter: seed.integer(in: 1...6))
            if upgraded.row?.digest == "d1" {
                guard Self.expectSame(upgraded, plain, program) else { return }
            } else {
                accepted += 1
                guard upgraded.status != "stuck", upgraded.status != "running" else {
                    Issue.record("\(upgraded.status) \(upgraded.row.debugDescription): \(program) to \(changed)")
                    return
                }
            }
        }
        print("taken: \(accepted)")
        #expect(accepted > Self.count / 10 && accepted < Self.count)
    }

    @Test func `every journal replays from scratch, at each length at which it was committed`() {
        var seed = Seed()
        for (program, schedule) in Self.programs(&seed).prefix(Self.count / 4) {
            var schedule = Seed(value: schedule)
            var mesh = SimulatedMesh(
                TestEnvironment(codes: [TestCode()]), signals: 2, isCancelled: schedule.chance(0.2))
            mesh.give([.start(SimulatedMesh<TestEnvironment>.call(program.input()), method: "run")])
            var records = [mesh.record]
            while mesh.isOpen, mesh.activations < 2000, let event = mesh.possible.randomElement(using: &schedule) {
                mesh.take(event)
                mesh.give([mesh.input(event)])
                records.append(mesh.record)
            }
            for record in records.compactMap(\.self) {
                let end = WorkflowReplay.run(record, code: TestCode(), randomSecret: [1, 2, 3])
                guard case .agrees = end else {
                    Issue.record("\(end)\n\(program)\n\(record.journal)")
                    return
                }
            }
        }
    }
}
