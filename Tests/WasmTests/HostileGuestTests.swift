import MeshCore
import Testing

@testable import Wasm

@Suite("Hostile guests") struct HostileGuests {
    // MARK: Bad arguments

    /// The calls whose arguments are pointers, with good arguments, and the positions of the pointers (each followed by its length).
    static let pointerCalls: [(name: String, good: [String], pointers: [Int])] = [
        ("reply", ["8", "1"], [0]), ("fail", ["8", "1"], [0]), ("log", ["1", "8", "1"], [1]),
        ("random", ["8", "1"], [0]),
        ("context", ["0", "8", "1"], [1]), ("config", ["8", "1", "8", "1"], [0, 2]), ("state_get", ["8", "1"], [0]),
        ("state_set", ["8", "1"], [0]), ("emit", ["8", "1", "8", "1"], [0, 2]),
        ("send", ["8", "1", "8", "1", "8", "1"], [0, 2, 4]),
        ("send_after", ["8", "1", "8", "1", "8", "1", "i64"], [0, 2, 4]),
        ("last_error", ["8", "1"], [0]), ("random_get", ["8", "1"], [0]),
    ]

    static let badRanges = [
        ("-1", "1"), ("0", "-1"), ("0", "131073"), ("131071", "2"), ("131073", "0"), ("-2147483648", "-2147483648"),
        ("-1", "-1"), ("65536", "65537"),
    ]

    static let badCalls: [String] =
        pointerCalls.flatMap { call in
            call.pointers.flatMap { pointer in
                badRanges.compactMap { range in
                    // A key length of -1 has a meaning.
                    if call.name.hasPrefix("send"), pointer == 2, range.1 == "-1" { return nil }
                    var arguments = call.good
                    arguments[pointer] = range.0
                    arguments[pointer + 1] = range.1
                    return "\(call.name) \(arguments.joined(separator: " "))"
                }
            }
        } + [
            "clock_time_get 0 i64 131065", "clock_time_get 0 i64 -1", "args_sizes_get -1 8", "args_sizes_get 8 131069",
            "environ_sizes_get -4 8", "fd_fdstat_get 1 131049", "fd_write 1 -1 1 8", "fd_write 1 131072 1 8",
            "fd_write 1 8 1 -1",
            "fd_write 1 131000 1000 8", "log 4 8 1", "log -1 8 1",
        ]

    static let withoutResult: Set<String> = ["reply", "fail", "log", "random"]

    @Test(arguments: badCalls)
    func `a bad argument is a trap that names the call, and nothing else`(call: String) throws {
        let words = call.split(separator: " ").map(String.init)
        let arguments = words.dropFirst().map { $0 == "i64" ? "(i64.const 0)" : "(i32.const \($0))" }.joined(
            separator: " ")
        let code = "(call $\(words[0]) \(arguments))"
        let statement = Self.withoutResult.contains(words[0]) ? code : "(drop \(code))"
        let run = try TextGuest.run(handle: "\(statement) (i32.const 0)")
        let trap = try #require(run.outcome.trap, "\(run.outcome)")
        #expect(trap.kind == .hostCallMisuse)
        #expect(trap.message.hasPrefix(words[0] + ": "))
        #expect(trap.message.contains("wasm backtrace"))
    }

    // MARK: Endless

    @Test(arguments: [
        "(loop $again (br $again)) unreachable",
        "(loop $again (drop (call $state_set (i32.const 8) (i32.const 2))) (br $again)) unreachable",
        "(loop $again (call $random (i32.const 0) (i32.const 1024)) (br $again)) unreachable",
        "(loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 131072)) (br $again)) unreachable",
    ])
    func `an endless loop ends with its CPU time`(code: String) throws {
        let module = try TextGuest.module(handle: code)
        let before = threadTime()
        let run = Sandbox.run(module, .test { $0.cpuTime = .milliseconds(150) }, host: PermissiveHost())
        let used = threadTime() - before
        #expect(run.outcome.deadlineExceeded?.contains("0.15 seconds") == true, "\(run.outcome)")
        #expect(used > .milliseconds(140) && used < .milliseconds(200), "\(used)")
    }

    @Test(arguments: [
        "(func $loop (loop $again (br $again))) (start $loop)",
        "(func (export \"_initialize\") (loop $again (br $again)))",
    ])
    func `an endless start is under the deadline too`(functions: String) throws {
        let run = try TextGuest.run(
            handle: "(i32.const 0)", functions: functions, request: .test { $0.cpuTime = .milliseconds(30) })
        #expect(run.outcome.deadlineExceeded != nil, "\(run.outcome)")
    }

    @Test func `an endless mesh_alloc is under the deadline too`() throws {
        let run = try TextGuest.run(
            handle: "(i32.const 0)", allocate: "(loop $again (br $again)) unreachable",
            request: .test { $0.cpuTime = .milliseconds(30) })
        #expect(run.outcome.deadlineExceeded != nil, "\(run.outcome)")
    }

    @Test(arguments: [1, 3, 10]) func `a limit near the length of an epoch is kept as well`(milliseconds: Int) throws {
        let module = try TextGuest.module(handle: "(loop $again (br $again)) unreachable")
        let before = threadTime()
        let run = Sandbox.run(module, .test { $0.cpuTime = .milliseconds(milliseconds) }, host: PermissiveHost())
        #expect(run.outcome.deadlineExceeded != nil, "\(run.outcome)")
        #expect(threadTime() - before < .milliseconds(milliseconds + 30))
    }

    @Test func `a loop ends also after the deadline clock has gone to sleep`() async throws {
        var configuration = WasmEngine.Configuration(maximumInstances: 2)
        configuration.tick = .milliseconds(1)
        let engine = try WasmEngine(configuration)
        let module = try TextGuest.module(handle: "(loop $again (br $again)) unreachable", engine: engine)
        for _ in 0..<3 {
            while !engine.first.ticker.isSleeping { await Task.yield() }
            let run = Sandbox.run(module, .test { $0.cpuTime = .milliseconds(10) }, host: PermissiveHost())
            #expect(run.outcome.deadlineExceeded != nil)
        }
    }

    // MARK: Too much

    @Test func `endless recursion is a stack overflow`() throws {
        let run = try TextGuest.run(
            handle: "(call $deeper (i64.const 0)) (i32.const 0)",
            functions:
                "(func $deeper (param i64) (call $deeper (i64.add (local.get 0) (i64.const 1))) (call $log (i32.const 0) (i32.const 8) (i32.const 0)))"
        )
        #expect(run.outcome.trap?.kind == .stackOverflow, "\(run.outcome)")
    }

    static let growUntilRefused =
        "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))"

    @Test func `memory grows to its cap and no further, and giving up then is named`() throws {
        let run = try TextGuest.run(
            handle: Self.growUntilRefused + "unreachable", request: .test { $0.memoryBytes = 4 << 20 })
        #expect(run.outcome.memoryExceeded?.contains("may have 4194304") == true, "\(run.outcome)")
        #expect(run.memoryBytes <= 4 << 20)
        #expect(run.memoryBytes > 2 << 20)
    }

    @Test func `a guest that copes with a refused growth completes`() throws {
        let run = try TextGuest.run(handle: Self.growUntilRefused + "(i32.const 0)")
        #expect(run.outcome.effects != nil)
        #expect(run.memoryBytes > 63 << 20 && run.memoryBytes <= 64 << 20)
    }

    @Test func `a trap with little memory in use isn't blamed on memory`() throws {
        #expect(try TextGuest.run(handle: "unreachable").outcome.trap?.kind == .unreachable)
    }

    @Test func `a guest that needs more memory at its start than the request allows isn't started`() throws {
        let run = try TextGuest.run(handle: "(i32.const 0)", memory: "20", request: .test { $0.memoryBytes = 1 << 20 })
        #expect(run.outcome.memoryExceeded != nil, "\(run.outcome)")
    }

    @Test func `a table grows to its cap and no further`() throws {
        let run = try TextGuest.run(
            handle: """
                (loop $again (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
                (i32.store (i32.const 100) (table.size $t)) (call $reply (i32.const 100) (i32.const 4)) (i32.const 0)
                """, functions: "(table $t 1 funcref)")
        let reply = try #require(run.outcome.effects?.reply)
        #expect(reply.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) } <= 20_000)
    }

    @Test func `a flood of log lines is cut at the limit and counted`() throws {
        let run = try TextGuest.run(
            handle: """
                (loop $again (call $log (i32.const 1) (i32.const 8) (i32.const 100))
                  (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))
                (i32.const 0)
                """)
        #expect(run.outcome.effects != nil)
        #expect(run.logs.reduce(0) { $0 + $1.text.utf8.count } <= 64 << 10)
        #expect(run.logs.count > 600)
        #expect(run.droppedLogBytes == 100 * (5000 - run.logs.count))
    }

    @Test func `empty log lines aren't free, and a long line is cut`() throws {
        let run = try TextGuest.run(
            handle: """
                (call $log (i32.const 1) (i32.const 0) (i32.const 131072))
                (loop $again (call $log (i32.const 1) (i32.const 8) (i32.const 0))
                  (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200000))))
                (i32.const 0)
                """)
        #expect(run.logs.first?.text.utf8.count == 8 << 10)
        #expect(run.logs.count <= 64 << 10)
    }

    @Test func `a flood of stdout is cut as well`() throws {
        let run = try TextGuest.run(
            handle: """
                (i32.store (i32.const 40) (i32.const 0)) (i32.store (i32.const 44) (i32.const 131072))
                (loop $again (drop (call $fd_write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 60)))
                  (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
                (i32.const 0)
                """)
        #expect(run.outcome.effects != nil)
        #expect(run.logs.reduce(0) { $0 + $1.text.utf8.count } <= 64 << 10)
        #expect(run.droppedLogBytes > 0)
    }

    @Test(arguments: [
        "emit (i32.const 8) (i32.const 1)", "send (i32.const 8) (i32.const 1) (i32.const 8) (i32.const 1)",
    ])
    func `a flood of messages is refused from the limit on`(call: String) throws {
        let run = try TextGuest.run(
            handle: """
                (loop $again
                  (local.set $n (call $\(call) (i32.const 8) (i32.const 1)))
                  (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))
                (if (i32.ne (local.get $n) (i32.const -2)) (then unreachable))
                (i32.const 0)
                """)
        #expect(run.outcome.effects?.messages.count == 1000, "\(run.outcome)")
    }

    @Test func `large messages are refused one by one and in sum`() throws {
        let emit = { (count: Int) in "(call $emit (i32.const 8) (i32.const 1) (i32.const 0) (i32.const \(count)))" }
        let run = try TextGuest.run(
            handle: """
                (if (i32.ne \(emit(1001)) (i32.const -2)) (then unreachable))
                (if (i32.ne \(emit(1000)) (i32.const 0)) (then unreachable))
                (if (i32.ne \(emit(1000)) (i32.const 0)) (then unreachable))
                (if (i32.ne \(emit(1000)) (i32.const -2)) (then unreachable))
                (if (i32.ne \(emit(300)) (i32.const 0)) (then unreachable))
                (i32.const 0)
                """,
            request: .test {
                $0.messageBytes = 1000
                $0.messagesBytes = 2500
            })
        #expect(run.outcome.effects?.messages.map(\.data.count) == [1000, 1000, 300], "\(run.outcome)")
    }

    @Test func `an answer, an error or a state beyond the limit is refused`() throws {
        let limits: (inout SandboxLimits) -> Void = { $0.messageBytes = 1000 }
        let reply = try TextGuest.run(
            handle: "(call $reply (i32.const 0) (i32.const 1001)) (i32.const 0)", request: .test(limiting: limits))
        #expect(reply.outcome.badOutput?.contains("an answer of 1001 bytes") == true)
        let fail = try TextGuest.run(
            handle: "(call $fail (i32.const 0) (i32.const 1001)) (i32.const 1)", request: .test(limiting: limits))
        #expect(fail.outcome.badOutput?.contains("an error of 1001 bytes") == true)
        let state = try TextGuest.run(
            handle: "(i32.add (i32.const 2) (call $state_set (i32.const 0) (i32.const 1001)))",
            request: .test(limiting: limits))
        #expect(state.outcome.effects?.state == .unchanged)
    }

    // MARK: Odd ends

    @Test(
        arguments: [
            ("unreachable", .unreachable), ("(i32.div_u (i32.const 1) (local.get $i))", .divisionByZero),
            ("(i32.load (i32.const -4))", .memoryOutOfBounds), ("(i32.trunc_f32_s (f32.const nan))", .badConversion),
            ("(call_indirect (result i32) (i32.const 0))", .indirectCallToNull),
            ("(call_indirect (result i32) (i32.const 9))", .tableOutOfBounds),
        ] as [(String, GuestTrap.Kind)])
    func `a trap has its kind and its place`(code: String, kind: GuestTrap.Kind) throws {
        let trap = try #require(TextGuest.run(handle: code, functions: "(table 1 funcref)").outcome.trap)
        #expect(trap.kind == kind)
        #expect(trap.message.contains("wasm backtrace"))
    }

    @Test func `a trap in the start function is a trap`() throws {
        let run = try TextGuest.run(handle: "(i32.const 0)", functions: "(func $bad unreachable) (start $bad)")
        #expect(run.outcome.trap?.kind == .unreachable, "\(run.outcome)")
    }

    @Test func `a start function may call the host`() throws {
        let run = try TextGuest.run(
            handle: "(i32.const 0)",
            functions: "(func $hello (call $log (i32.const 1) (i32.const 8) (i32.const 5))) (start $hello)",
            data: "hello")
        #expect(run.logs == [GuestLogLine(level: .info, text: "hello")])
        let bad = try TextGuest.run(
            handle: "(i32.const 0)",
            functions: "(func $hello (call $log (i32.const 1) (i32.const -1) (i32.const 5))) (start $hello)")
        #expect(bad.outcome.trap?.kind == .hostCallMisuse, "\(bad.outcome)")
    }

    @Test func `proc_exit with 0 ends a handler as done, with its effects`() throws {
        let run = try TextGuest.run(
            handle: "(call $reply (i32.const 8) (i32.const 2)) (call $proc_exit (i32.const 0)) unreachable", data: "{}")
        #expect(run.outcome.reply == "{}")
    }

    @Test func `proc_exit with anything else, or before the message, is a trap`() throws {
        let status = try TextGuest.run(handle: "(call $proc_exit (i32.const 3)) unreachable")
        #expect(status.outcome.trap == GuestTrap(kind: .exited, message: "The guest ended itself with proc_exit(3)."))
        let start = try TextGuest.run(
            handle: "(i32.const 0)", functions: "(func $bye (call $proc_exit (i32.const 0))) (start $bye)")
        #expect(start.outcome.trap?.kind == .exited)
    }

    @Test(arguments: [0, -1, 131072, 131071, -2147483648])
    func `a mesh_alloc that gives no room, or room that isn't there, ends the execution`(address: Int) throws {
        let run = try TextGuest.run(handle: "(i32.const 0)", allocate: "(i32.const \(address))")
        let reason = address == 0 ? run.outcome.memoryExceeded : run.outcome.badOutput
        #expect(reason?.contains("mesh_alloc") == true, "\(run.outcome)")
    }

    @Test func `descriptors other than the standard ones don't exist`() throws {
        let run = try TextGuest.run(
            handle: """
                (i32.add
                  (i32.ne (call $fd_close (i32.const 3)) (i32.const 8))
                  (i32.add (i32.ne (call $fd_seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0)) (i32.const 70))
                    (i32.ne (call $fd_write (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8)) (i32.const 8))))
                """)
        #expect(run.outcome.effects != nil, "\(run.outcome)")
    }

    @Test func `a host without a free instance says so instead of waiting`() throws {
        /// Runs another guest in the middle of a host call, while the only instance is taken.
        final class Nested: GuestHost {
            let module: WasmModule
            var inner: GuestOutcome?

            init(_ module: WasmModule) { self.module = module }

            func configuration(_ name: String) -> String? {
                inner = Sandbox.run(module, .test(), host: PermissiveHost()).outcome
                return nil
            }
            func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
            func checkEmit(event: String, data: [UInt8]) -> MessageDecision { .denied("") }
            func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .denied("") }
        }
        let engine = try WasmEngine(WasmEngine.Configuration(maximumInstances: 1))
        let module = try TextGuest.module(
            handle: "(drop (call $config (i32.const 8) (i32.const 1) (i32.const 8) (i32.const 1))) (i32.const 0)",
            engine: engine)
        let host = Nested(module)
        #expect(Sandbox.run(module, .test(), host: host).outcome.effects != nil)
        guard case .unavailable(let reason) = host.inner else {
            Issue.record("\(String(describing: host.inner))")
            return
        }
        #expect(reason.contains("limit"))
        #expect(Sandbox.run(module, .test(), host: PermissiveHost()).outcome.effects != nil)
    }
}

/// The CPU time that this thread has used. (`clock_gettime` itself isn't visible beside Dispatch's headers.)
private func threadTime() -> Duration { .nanoseconds(CPUDeadline.threadTime()) }
