import Testing

@testable import Mesh

/// These share one workflow's code, so they run one after the other. Time skips: no `sleep` takes any.
@Suite(.serialized) struct RunningWorkflows {
    /// A module of one workflow, written by hand as the generator would.
    enum Module: GuestModule {
        static let methods: [GuestMethod] = [
            .init("t.S/run", .workflow, key: ["id"]), .init("t.S/poke", .signal, key: ["id"]),
            .init("t.S/ask", .signal, key: ["id"], isAnswered: true),
            .init("t.S/step", .handler), .init("t.S/who", .handler), .init("t.T/run", .workflow, key: ["id"]),
        ]

        nonisolated(unsafe) static var body: (Context) throws(MeshError) -> Int = { _ throws(MeshError) in 0 }

        /// So often its handler fails.
        nonisolated(unsafe) static var stepFailures = 0

        /// What it fails with then.
        nonisolated(unsafe) static var stepError = MeshError.unavailable("not now")

        /// What its handler sends, and how much later.
        nonisolated(unsafe) static var stepSends: [(call: Call<Void>, delay: Duration)] = []

        static func handle(_ request: MeshRequest) throws(MeshError) {
            switch request.method {
            case "S/step" where stepFailures > 0:
                stepFailures -= 1
                throw stepError
            case "S/run", "T/run": request.reply(value: try body(Context(host: request.host)))
            case "S/step":
                for (call, delay) in stepSends { Handler(host: request.host).send(call, after: delay) }
                request.reply(value: 1)
            case "S/who": request.reply(value: Context(host: request.host).principal?.name.count ?? 0)
            default: throw request.unknownMethod
            }
        }
    }

    struct Context: WorkflowContext { let host: MeshHost }
    private struct Handler: MeshContext { let host: MeshHost }

    let run = Call<Int>("t.S/run", ["id": "w"] as JSONValue, value: Int.self)
    let other = Call<Int>("other.O/call", NoArguments(), value: Int.self)
    let poke = Call<Void>("t.S/poke", ["id": "w"] as JSONValue)
    let test = WorkflowTest(Module.self)

    func error(_ body: @escaping (Context) throws(MeshError) -> Int) -> MeshError? {
        Module.body = body
        return #expect(throws: MeshError.self) { try test.run(run) }
    }

    @Test func `code that decides otherwise the second time is found`() {
        var count = 0
        let error = error { mesh throws(MeshError) in
            count += 1
            try mesh.sleep(for: .seconds(count))
            try mesh.sleep(for: .seconds(1))
            return count
        }
        #expect(error?.code == "NONDETERMINISM")
        #expect(error?.message == "entry 2 of w is `timer 1000000`, and the code did `timer  2000000`")
    }

    @Test func `code that asks for less the second time is found`() {
        var count = 0
        test.answer("other.O/call") { _ in 1 }
        let error = error { [other] mesh throws(MeshError) in
            count += 1
            if count == 1 { _ = try mesh.start(other) }
            try mesh.sleep(for: .seconds(1))
            return 1
        }
        #expect(error?.code == "NONDETERMINISM")
        #expect(error?.message.contains("is `call other.O/call {}`, and the code did `timer  1000000`") == true)
    }

    @Test func `the first of no operations is an error, and no wait without an end`() {
        let race = error { mesh throws(MeshError) in try mesh.race([Pending<Int>]()) }
        #expect(race?.code == "INVALID_REQUEST")
        let inTime = error { mesh throws(MeshError) in try mesh.race([Pending<Int>](), timeout: .seconds(1)) ?? 0 }
        #expect(inTime?.code == "INVALID_REQUEST")
        let first = error { mesh throws(MeshError) in try mesh.first(of: []) ?? 0 }
        #expect(first?.code == "INVALID_REQUEST")
    }

    @Test func `a wait for nothing names what is waited for`() {
        let error = error { mesh throws(MeshError) in
            try mesh.receive(Signal<Context, NoArguments>("poke"))
            return 1
        }
        #expect(error?.code == "WAITING")
        #expect(error?.message.contains("receive poke") == true)
    }

    @Test func `a call that nobody answers is named`() {
        let error = error { [other] mesh throws(MeshError) in try mesh.call(other) }
        #expect(error?.code == "UNSCRIPTED" && error?.message.contains("other.O/call") == true)
    }

    @Test func `cancel is said once, and the code may go on`() throws {
        Module.body = { mesh throws(MeshError) in
            do throws(MeshError) { try mesh.sleep(for: .days(1)) } catch { try mesh.sleep(for: .seconds(1)) }
            return 7
        }
        test.cancel("w", after: .hours(1))
        #expect(try test.run(run) == 7)
    }

    @Test func `a cancellation without a reason has a message all the same`() throws {
        test.cancel("w", reason: "", after: .hours(1))
        let error = error { mesh throws(MeshError) in
            try mesh.sleep(for: .days(1))
            return 1
        }
        #expect(error?.isCancelled == true && error?.message == "the workflow is cancelled")
    }

    @Test func `the first error of several ends the wait for all of them`() throws {
        let (other, slow) = (other, Call<Int>("other.O/slow", NoArguments(), value: Int.self))
        test.answer("other.O/slow", after: .seconds(60)) { _ in 1 }
        test.fail("other.O/call", with: MeshError("BAD", ""), after: .seconds(1))
        Module.body = { mesh throws(MeshError) in
            let start = mesh.now
            let both = [try mesh.start(slow), try mesh.start(other)]
            do throws(MeshError) { return try mesh.all(both).count } catch {
                return error.code == "BAD" && mesh.now == start + .seconds(1) ? 7 : -1
            }
        }
        #expect(try test.run(run) == 7)
    }

    @Test func `a sleep until a time says that time, as the code's clock may be behind when it begins`() throws {
        Module.body = { mesh throws(MeshError) in
            try mesh.sleep(until: mesh.now + .seconds(5))
            return 1
        }
        let until = (test.now + .seconds(5)).epochMicroseconds
        #expect(try test.run(run) == 1 && test.now.epochMicroseconds == until)
        #expect(test.journal(of: "w").map(\.options).filter { !$0.isEmpty } == ["{\"until\":\(until)}"])
    }

    @Test func `continuing as new is no cancellation, and takes signals along that the code never heard of`() throws {
        Module.body = { mesh throws(MeshError) in
            let poke = Signal<Context, NoArguments>("poke")
            if mesh.run == 2 { return try mesh.receive(poke, timeout: .seconds(1)) == nil ? 0 : 2 }
            _ = try mesh.expect(poke)
            do throws(MeshError) {
                try mesh.sleep(for: .seconds(2))
                try mesh.continueAsNew(Call<Int>("t.S/run", ["id": "w"] as JSONValue, value: Int.self))
            } catch {
                if error.isCancelled { return -1 }
                throw error
            }
        }
        test.signal(poke, after: .seconds(1))
        #expect(try test.run(run) == 2)
    }

    @Test func `a cancellation that comes while a run waits for its children before the next is the next run's`() throws
    {
        let child = Call<Int>("t.S/run", ["id": "child"] as JSONValue, value: Int.self)
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "child" {
                do throws(MeshError) { try mesh.sleep(for: .days(1)) } catch { try mesh.sleep(for: .seconds(5)) }
                return 0
            }
            if mesh.run == 2 {
                do throws(MeshError) { try mesh.sleep(for: .hours(1)) } catch { return error.isCancelled ? 9 : -1 }
                return 0
            }
            return try mesh.group(of: Int.self) { group throws(MeshError) in
                try group.start(child)
                try mesh.sleep(for: .seconds(1))
                try mesh.continueAsNew(Call<Int>("t.S/run", ["id": "w"] as JSONValue, value: Int.self))
            }
        }
        test.cancel("w", after: .seconds(3))
        #expect(try test.run(run) == 9)
    }

    @Test func `a child that has lost a race is waited for, though the workflow is cancelled while it cleans up`()
        throws
    {
        let (other, child) = (other, Call<Int>("t.S/run", ["id": "child"] as JSONValue, value: Int.self))
        test.answer("other.O/call", after: .seconds(1)) { _ in 1 }
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "child" {
                do throws(MeshError) { try mesh.sleep(for: .days(1)) } catch { try mesh.sleep(for: .seconds(5)) }
                return 0
            }
            let start = mesh.now
            let loser = try mesh.start(child)
            do throws(MeshError) {
                return try mesh.race([loser, try mesh.start(other)])
            } catch {
                // Asked to end when the race was lost, and done five seconds later.
                return error.isCancelled && loser.isDone && mesh.now == start + .seconds(6) ? 5 : -1
            }
        }
        test.cancel("w", after: .seconds(2))
        #expect(try test.run(run) == 5)
    }

    @Test func `what is waited for together is given up when the workflow is cancelled`() throws {
        let other = other
        test.answer("other.O/call", after: .seconds(3)) { _ in 1 }
        Module.body = { mesh throws(MeshError) in
            let pending = try mesh.start(other)
            do throws(MeshError) {
                _ = try mesh.all([pending])
            } catch {
                return error.isCancelled && pending.isDone ? 5 : -1
            }
            return 0
        }
        test.cancel("w", after: .seconds(1))
        #expect(try test.run(run) == 5)
    }

    @Test func `who waits in a race is given up with it when the workflow is cancelled`() throws {
        let child = Call<Int>("t.S/run", ["id": "child"] as JSONValue, value: Int.self)
        for timeout in [nil, Duration.hours(1)] {
            let test = WorkflowTest(Module.self)
            Module.body = { mesh throws(MeshError) in
                if mesh.key == "child" {
                    do throws(MeshError) { try mesh.sleep(for: .days(1)) } catch { try mesh.sleep(for: .seconds(5)) }
                    return 0
                }
                let start = mesh.now
                let runner = try mesh.start(child)
                do throws(MeshError) {
                    if let timeout { return try mesh.race([runner], timeout: timeout) ?? -1 }
                    return try mesh.race([runner])
                } catch {
                    return error.isCancelled && runner.isDone && mesh.now == start + .seconds(7) ? 5 : -1
                }
            }
            test.cancel("w", after: .seconds(2))
            #expect(try test.run(run) == 5)
        }
    }

    @Test func `a receive that a cancellation has ended takes no signal from the one that cleans up`() throws {
        Module.body = { mesh throws(MeshError) in
            let poke = Signal<Context, NoArguments>("poke")
            do throws(MeshError) { try mesh.receive(poke) } catch {
                return try mesh.receive(poke, timeout: .hours(1)) == nil ? 0 : 1
            }
            return -1
        }
        test.cancel("w", after: .seconds(1))
        test.signal(poke, after: .seconds(2))
        #expect(try test.run(run) == 1)
    }

    @Test func `an operation that is given up is completed, and a late answer dropped`() throws {
        test.answer("other.O/call", after: .seconds(5)) { _ in 1 }
        Module.body = { [other] mesh throws(MeshError) in
            let pending = try mesh.start(other)
            if try pending.value(timeout: .seconds(1)) == nil { pending.cancel() }
            do throws(MeshError) { return try pending.value() } catch { try mesh.sleep(for: .days(1)) }
            return pending.isDone ? 2 : 3
        }
        #expect(try test.run(run) == 2)
    }

    @Test func `a group hands out each result once, in the order of their ends, and a timeout leaves it as it is`()
        throws
    {
        test.answer("other.O/call", after: .seconds(3), times: 1) { _ in 3 }
        test.answer("other.O/call", after: .seconds(1), times: 1) { _ in 1 }
        test.answer("other.O/call", after: .seconds(2), times: 1) { _ in 2 }
        Module.body = { [other] mesh throws(MeshError) in
            try mesh.group(of: Int.self) { group throws(MeshError) in
                for _ in 0..<3 { try group.start(other) }
                guard try group.next(timeout: .milliseconds(500)) == nil, group.count == 3, !group.isEmpty else {
                    return -1
                }
                var told = 0
                while let finished = try group.next() {
                    told = told * 100 + finished.index * 10 + (try finished.value())
                }
                return group.isEmpty ? told : -2
            }
        }
        #expect(try test.run(run) == 11_22_03)
    }

    @Test func `who sends to an inlet that its reader has closed is told so, until it is opened again`() throws {
        let poke = poke
        Module.body = { mesh throws(MeshError) in
            let signal = Signal<Context, NoArguments>("poke")
            let inlet = mesh.inlet(signal)
            _ = try inlet.next()
            inlet.close()
            try mesh.sleep(for: .seconds(2))
            return try mesh.inlet(signal).next(timeout: .seconds(10)) == nil ? 0 : 1
        }
        test.signal(poke)
        try test.start(run)
        let error = #expect(throws: MeshError.self) {
            test.signal(poke, after: .seconds(1))
            try test.advance(by: .seconds(1))
        }
        #expect(error?.code == "FAILED_PRECONDITION" && error?.message.contains("closed the channel") == true)
    }

    @Test func `a configuration value stays as the run has read it first`() throws {
        test.configuration = ["limit": "5"]
        Module.body = { mesh throws(MeshError) in
            let first = mesh.config("limit") ?? ""
            try mesh.sleep(for: .seconds(1))
            return Int(first + (mesh.config("limit") ?? "") + (mesh.config("none") ?? "0")) ?? -1
        }
        try test.start(run)
        test.configuration = ["limit": "7"]
        #expect(try test.result(of: run, key: "w") == 550)
        #expect(test.journal(of: "w").map(\.kind) == [.started, .config, .timer, .fired, .config, .completed])
    }

    @Test func `random programs end alike wherever they crash`() throws {
        for seed in UInt64(1)...30 {
            Module.body = { [other] mesh throws(MeshError) in
                var random = SeededGenerator(seed: seed)
                var sum = 0
                for _ in 0..<(2 + Int.random(in: 0..<6, using: &random)) {
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0: sum += try mesh.call(other)
                    case 1: try mesh.sleep(for: .seconds(Int.random(in: 0..<5, using: &random)))
                    case 2:
                        sum += try mesh.group(of: Int.self) { group throws(MeshError) in
                            for _ in 0..<3 { try group.start(other) }
                            return try group.next()?.value() ?? 0
                        }
                    case 3:
                        let poked = try mesh.receive(Signal<Context, NoArguments>("poke"), timeout: .seconds(2))
                        sum += poked == nil ? 100 : 1
                    default: sum += try mesh.call(Call<Int>("t.S/step", NoArguments(), value: Int.self))
                    }
                }
                return sum
            }
            func outcome(_ crashes: Set<Int>) throws -> (Int, [String], Int) {
                let test = WorkflowTest(Module.self)
                var answers = 0
                test.answer("other.O/call", after: .milliseconds(300)) { _ in
                    answers += 1
                    return answers
                }
                for second in [1, 3, 4] { test.signal(poke, after: .milliseconds(second * 700)) }
                test.crashes = crashes
                // The signals outlive short programs.
                let result = try test.run(run)
                return (result, test.journal(of: "w").map(\.description), test.operationCount)
            }
            let calm = try outcome([])
            for place in 1...calm.2 {
                let crashed = try outcome([place, place + 2])
                #expect(crashed.0 == calm.0 && crashed.1 == calm.1, "seed \(seed), crash at \(place)")
            }
        }
    }
}
