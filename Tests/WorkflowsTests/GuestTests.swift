import MeshCore
import Outbox
import TestSupport
import Testing

@testable import Wasm
@testable import Workflows

/// Workflows in the real sandbox.
@Suite struct `A workflow in the sandbox` {
    static func environment() throws -> GuestEnvironment {
        try GuestEnvironment(code: GuestCode(module: GuestCode.module.get()))
    }

    static func start(_ data: [UInt8]) -> WorkflowInput {
        .start(SimulatedMesh<GuestEnvironment>.call(data), method: "run")
    }

    /// Runs the program to its end.
    private static func run<Environment: WorkflowEnvironment>(
        _ program: Program, _ environment: Environment, schedule: UInt64, forgets: Bool = false
    ) -> SimulationResult {
        var schedule = Seed(value: schedule)
        var mesh = SimulatedMesh(environment, signals: 2, isCancelled: schedule.chance(0.15))
        if schedule.chance(0.3) { mesh.limits.entriesPerActivation = 9 }
        mesh.give([start(program.input())])
        while mesh.isOpen, mesh.activations < 2000, let event = mesh.possible.randomElement(using: &schedule) {
            mesh.take(event)
            if forgets {
                mesh.forget()
                // Died before the commit.
                _ = mesh.attempt([mesh.input(event)])
            }
            mesh.give([mesh.input(event)])
        }
        return mesh.result
    }

    @Test
    func `a hundred random programs end in the sandbox as they do natively, and again with deaths before the commit`()
        throws
    {
        var seed = Seed()
        let guest = try Self.environment()
        for _ in 0..<100 {
            var program = Program.random(using: &seed, length: seed.integer(in: 3...30), isOrdered: false)
            // The native one has no stream of random bytes.
            program.instructions = program.instructions.map { $0.operation == .random ? .init(.now) : $0 }
            let schedule = seed.next()
            let native = Self.run(program, TestEnvironment(codes: [TestCode()]), schedule: schedule)
            let sandboxed = Self.run(program, guest, schedule: schedule)
            let again = Self.run(program, guest, schedule: schedule, forgets: true)
            guard Simulations.same(sandboxed, native, program), Simulations.same(again, sandboxed, program) else {
                return
            }
        }
    }

    @Test func `its random bytes replay, and differ from run to run`() throws {
        let program = Program([
            .init(.random), .init(.timer, 0, 5), .init(.await, 0), .init(.random), .init(.next, 2), .init(.random),
        ])
        let first = Self.run(program, try Self.environment(), schedule: 1)
        let again = Self.run(program, try Self.environment(), schedule: 1, forgets: true)
        #expect(first.status == "completed" && first.row?.run == 2)
        #expect(first == again)
        let calls = Program([.init(.random), .init(.emit, 0), .init(.next, 2)])
        let published = Self.run(calls, try Self.environment(), schedule: 1).published.map(\.message.data)
        #expect(published.count == 2 && published[0] != published[1])
    }

    private static func spin() -> LocalStep {
        LocalStep(
            id: "1", workflow: WorkflowID(service: "shop.W", key: "w1"), method: "spin", data: Array("{}".utf8),
            state: nil,
            attempt: 1, now: .now, traceparent: nil)
    }

    @Test func `a local step's time isn't the workflow's`() throws {
        var environment = try Self.environment()
        environment.code.guestName = "W/heavy"
        // One step takes about as long as the workflow may.
        let start = CPUDeadline.threadTime()
        _ = environment.code.run(Self.spin())
        let alone = Duration.nanoseconds(CPUDeadline.threadTime() - start)
        environment.code.limits.cpuTime = alone * 2
        var mesh = SimulatedMesh(environment)
        mesh.give([Self.start(Array("{\"n\":8}".utf8))])
        #expect(mesh.record?.row.status == .completed, "\(mesh.record?.row.waitingFor ?? "")")
        // And the code's own time still counts, in the step too.
        environment.code.stepLimits.cpuTime = alone / 4
        #expect(environment.code.run(Self.spin()).errorText.contains("CPU time"))
    }

    @Test func `code without an end is stopped at the limit of the journal, activation by activation`() throws {
        var environment = try Self.environment()
        environment.code.guestName = "W/steps"
        var mesh = SimulatedMesh(environment)
        mesh.limits.entries = 3000
        mesh.limits.warnedEntries = 1500
        mesh.give([Self.start(Array("{\"n\":0}".utf8))])
        #expect(mesh.journal.count == 1001)
        while mesh.isOpen, let timer = mesh.nextTimer { mesh.give([.timer(timer)]) }
        #expect(mesh.record?.row.status == .failed)
        #expect(mesh.journal.count == 3001)
        let error = try #require(mesh.record?.row.error)
        #expect(String(decoding: error, as: UTF8.self).contains("continueAsNew"))
        #expect(TestCode.number(in: mesh.state) > 2990)
        #expect(mesh.answers.map(\.status) == [.error])
    }
}

/// What the suites share.
enum Simulations {
    static func same(_ left: SimulationResult, _ right: SimulationResult, _ program: Program) -> Bool {
        let agree =
            left.status == right.status && left.journal == right.journal && left.state == right.state
            && left.row == right.row && left.answers == right.answers && left.published == right.published
        if agree { return true }
        let first = zip(left.journal, right.journal).first { $0 != $1 }
        Issue.record("differs: \(program)\n\(first.map { "\($0)\n\($1)" } ?? "\(left)\n\(right)")")
        return false
    }
}

extension LocalStepOutcome {
    var errorText: String {
        if case .failed(let error, _) = self { error.message } else { "" }
    }
}
