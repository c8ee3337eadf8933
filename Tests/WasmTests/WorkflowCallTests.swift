import MeshCore
import Testing

@testable import Wasm

/// Remembers what a guest asked, and answers as it was told.
private final class FakeWorkflow: WorkflowCalls {
    var now = Timestamp(microseconds: 42)
    var run: Int32 = 3
    var cancelReason: String?
    var isReplaying = false
    var commands: [GuestCommand] = []
    var asked: [String] = []
    var begins: WorkflowDecision<Int32> = .proceed(1)
    var waits: WorkflowDecision<Int?> = .proceed(0)
    var outcomes: [Int32: WorkflowOutcome] = [:]
    var state: WorkflowDecision<[UInt8]?> = .proceed(nil)

    func begin(_ command: GuestCommand) -> WorkflowDecision<Int32> {
        commands.append(command)
        return begins
    }

    func handOut(
        _ kind: GuestMessage.Kind, name: String, key: String?, data: [UInt8], due: Timestamp?,
        check: () -> MessageDecision
    ) -> WorkflowDecision<Void> {
        asked.append(
            "\(kind) \(name) \(key ?? "-") \(String(decoding: data, as: UTF8.self)) \(check())"
                + (due.map { " due \($0.microseconds)" } ?? ""))
        return .proceed(())
    }

    func wait(forAnyOf operations: [Int32]) -> WorkflowDecision<Int?> {
        asked.append("wait \(operations)")
        return waits
    }

    func makeGroup() -> WorkflowDecision<Int32> { .proceed(5) }

    func add(_ operation: Int32, to group: Int32) -> WorkflowDecision<Void> {
        asked.append("add \(operation) to \(group)")
        return group == 5 ? .proceed(()) : .refuse(.invalid, "there is no group \(group)")
    }

    var nexts: [WorkflowDecision<GroupNext>] = []
    func next(of group: Int32, orAnyOf operations: [Int32]) -> WorkflowDecision<GroupNext> {
        asked.append("next of \(group) or \(operations)")
        return nexts.removeFirst()
    }

    func close(signal name: String) -> WorkflowDecision<Void> {
        asked.append("close \(name)")
        return .proceed(())
    }

    func reply(to operation: Int32, isError: Bool, data: [UInt8]) -> WorkflowDecision<Void> {
        asked.append("\(isError ? "refuse" : "answer") \(operation) \(String(decoding: data, as: UTF8.self))")
        return operation == 7 ? .refuse(.invalid, "answered already") : .proceed(())
    }

    func configuration(_ name: String, value: () -> String?) -> WorkflowDecision<String?> {
        asked.append("config \(name)")
        return .proceed(name == "none" ? nil : "recorded")
    }

    func outcome(of operation: Int32) -> WorkflowOutcome? { outcomes[operation] }

    func cancel(_ operation: Int32) -> WorkflowDecision<Void> {
        asked.append("cancel \(operation)")
        return .proceed(())
    }

    func isPatched(_ name: String) -> WorkflowDecision<Bool> { .proceed(name == "new") }

    func readState() -> WorkflowDecision<[UInt8]?> {
        asked.append("read")
        return state
    }

    func writeState(_ state: [UInt8]?, check: () -> StateDecision) -> WorkflowDecision<Void> {
        if case .invalid(let reason) = check() { return .refuse(.invalid, reason) }
        asked.append("write \(state.map { String(decoding: $0, as: UTF8.self) } ?? "nothing")")
        return .proceed(())
    }

    func continueAsNew(_ input: [UInt8]) -> WorkflowDecision<Void> {
        asked.append("next \(String(decoding: input, as: UTF8.self))")
        return .proceed(())
    }
}

@Suite struct `The workflow functions` {
    /// Runs `body`, which leaves numbers at 0x8000, with these functions imported; the memory below begins with `data`.
    private static func run(
        _ body: String, data: String = "", workflow: FakeWorkflow?, host: any GuestHost = PermissiveHost(),
        request: GuestRequest = .test()
    ) throws -> GuestRun {
        let module = try WasmModule(
            WasmBinary.assemble(
                """
                (module
                  (import "mesh" "reply" (func $reply (param i32 i32)))
                  (import "mesh" "log" (func $log (param i32 i32 i32)))
                  (import "mesh" "now" (func $now (result i64)))
                  (import "mesh" "context" (func $context (param i32 i32 i32) (result i32)))
                  (import "mesh" "state_get" (func $state_get (param i32 i32) (result i32)))
                  (import "mesh" "state_set" (func $state_set (param i32 i32) (result i32)))
                  (import "mesh" "state_delete" (func $state_delete (result i32)))
                  (import "mesh" "emit" (func $emit (param i32 i32 i32 i32) (result i32)))
                  (import "mesh" "send" (func $send (param i32 i32 i32 i32 i32 i32) (result i32)))
                  (import "mesh" "send_after" (func $send_after (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
                  (import "mesh" "last_error" (func $last_error (param i32 i32) (result i32)))
                  (import "mesh" "workflow_begin" (func $begin (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
                  (import "mesh" "workflow_wait" (func $wait (param i32 i32) (result i32)))
                  (import "mesh" "workflow_group" (func $group (result i32)))
                  (import "mesh" "workflow_add" (func $add (param i32 i32) (result i32)))
                  (import "mesh" "workflow_next" (func $next (param i32 i32 i32) (result i32)))
                  (import "mesh" "workflow_close" (func $close (param i32 i32) (result i32)))
                  (import "mesh" "config" (func $config (param i32 i32 i32 i32) (result i32)))
                  (import "mesh" "workflow_status" (func $status (param i32) (result i32)))
                  (import "mesh" "workflow_result" (func $result (param i32 i32 i32) (result i32)))
                  (import "mesh" "workflow_cancel" (func $cancel (param i32) (result i32)))
                  (import "mesh" "workflow_patch" (func $patch (param i32 i32) (result i32)))
                  (import "mesh" "workflow_continue" (func $continue (param i32 i32) (result i32)))
                  (memory (export "memory") 2)
                  (data (i32.const 8) "\(data)")
                  (func (export "mesh_alloc") (param i32) (result i32) i32.const 65536)
                  (func $say (param $value i32)
                    (i32.store8 (i32.const 0x8000) (i32.sub (i32.const 48) (local.get $value)))
                    (call $log (i32.const 1) (i32.const 0x8000) (i32.const 1)))
                  (func (export "mesh_handle") (param i32 i32 i32 i32) (result i32)
                    \(body)))
                """), engine: sharedEngine.get())
        return Sandbox.run(module, request, host: host, workflow: workflow)
    }

    /// A result from 0 to −9 as `$say` logs it: a digit.
    private static func digits(_ run: GuestRun) -> [String] { run.logs.map(\.text) }

    @Test func `an operation arrives with its kind, name, key, data and options`() throws {
        let workflow = FakeWorkflow()
        let run = try Self.run(
            """
            (drop (call $begin (i32.const 1) (i32.const 8) (i32.const 4) (i32.const 12) (i32.const 3) (i32.const 15) (i32.const 2) (i32.const 17) (i32.const 2)))
            (drop (call $begin (i32.const 1) (i32.const 8) (i32.const 4) (i32.const 0) (i32.const -1) (i32.const 15) (i32.const 2) (i32.const 0) (i32.const 0)))
            (drop (call $begin (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 19) (i32.const 1) (i32.const 0) (i32.const 0)))
            i32.const 0
            """, data: "pay/key{}[]5", workflow: workflow)
        #expect(run.outcome.effects != nil, "\(run.outcome)")
        #expect(
            workflow.commands == [
                GuestCommand(kind: .call, name: "pay/", key: "key", data: Array("{}".utf8), options: Array("[]".utf8)),
                GuestCommand(kind: .call, name: "pay/", key: nil, data: Array("{}".utf8)),
                GuestCommand(kind: .timer, name: "", key: nil, data: Array("5".utf8)),
            ])
    }

    @Test(arguments: [
        "(call $begin (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
        "(call $begin (i32.const 1) (i32.const 131072) (i32.const 9) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
        "(call $begin (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -2) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
        "(call $wait (i32.const 131000) (i32.const 100))", "(call $wait (i32.const 0) (i32.const 0x40000000))",
        "(call $result (i32.const 1) (i32.const 131070) (i32.const 100))",
        "(call $next (i32.const 1) (i32.const 131000) (i32.const 100))",
        "(call $close (i32.const 131070) (i32.const 100))",
    ])
    func `arguments that make no sense are a trap that names the call`(call: String) throws {
        let run = try Self.run("(drop \(call)) i32.const 0", workflow: FakeWorkflow())
        #expect(run.outcome.trap?.kind == .hostCallMisuse)
        #expect(run.outcome.trap?.message.contains("workflow_") == true)
    }

    @Test func `a wait for more operations than may be open is refused before they are read`() throws {
        let workflow = FakeWorkflow()
        let run = try Self.run(
            "(call $say (call $wait (i32.const 0) (i32.const 20001))) (call $say (call $wait (i32.const 0) (i32.const 20000))) i32.const 0",
            workflow: workflow)
        #expect(Self.digits(run) == ["2", "0"], "\(run.logs) \(run.outcome)")
        #expect(workflow.asked.count == 1)
    }

    @Test func `a wait has its operations, tells the place, and −6 once it is cancelled`() throws {
        let workflow = FakeWorkflow()
        workflow.waits = .proceed(nil)
        let run = try Self.run(
            """
            (i32.store (i32.const 100) (i32.const 7)) (i32.store (i32.const 104) (i32.const 9))
            (call $say (call $wait (i32.const 100) (i32.const 2)))
            (call $say (call $wait (i32.const 0) (i32.const 0)))
            i32.const 0
            """, workflow: workflow)
        #expect(workflow.asked == ["wait [7, 9]", "wait []"])
        #expect(Self.digits(run) == ["6", "6"])
    }

    @Test func `a group has its members and others beside it, and tells the operation`() throws {
        let workflow = FakeWorkflow()
        workflow.nexts = [
            .proceed(.operation(7)), .proceed(.empty), .proceed(.cancelled), .refuse(.invalid, "no"), .suspend,
        ]
        let next = "(call $next (i32.const 5) (i32.const 100) (i32.const 1))"
        let run = try Self.run(
            """
            (i32.store (i32.const 100) (i32.const 7))
            (call $say (i32.sub (i32.const 0) (call $group)))
            (call $say (call $add (i32.const 5) (i32.const 7)))
            (call $say (call $add (i32.const 6) (i32.const 7)))
            (call $say (i32.sub (i32.const 0) \(next)))
            (call $say \(next)) (call $say \(next)) (call $say \(next))
            (drop \(next))
            i32.const 0
            """, workflow: workflow)
        #expect(run.outcome == .suspended)
        #expect(Self.digits(run) == ["5", "0", "4", "7", "1", "6", "4"])
        #expect(
            workflow.asked == ["add 7 to 5", "add 7 to 6"]
                + Array(repeating: "next of 5 or [7]", count: 5))
    }

    @Test func `a channel is closed by its name, and configuration comes from the workflow`() throws {
        let workflow = FakeWorkflow()
        let run = try Self.run(
            """
            (call $say (call $close (i32.const 8) (i32.const 4)))
            (call $say (call $config (i32.const 8) (i32.const 4) (i32.const 256) (i32.const 100)))
            (call $log (i32.const 1) (i32.const 256) (call $config (i32.const 8) (i32.const 3) (i32.const 256) (i32.const 100)))
            i32.const 0
            """, data: "none", workflow: workflow)
        #expect(Self.digits(run) == ["0", "1", "recorded"])
        #expect(workflow.asked == ["close none", "config none", "config non"])
    }

    @Test func `to wait is no error: the run ends there, and the code can't go on`() throws {
        let workflow = FakeWorkflow()
        workflow.waits = .suspend
        let body = "(drop (call $wait (i32.const 0) (i32.const 0))) (drop (call $cancel (i32.const 5))) i32.const 0"
        #expect(try Self.run(body, workflow: workflow).outcome == .suspended)
        workflow.waits = .stop("enough")
        #expect(try Self.run(body, workflow: workflow).outcome == .stopped("enough"))
        #expect(workflow.asked == ["wait []", "wait []"])
    }

    @Test func `refusals have their numbers and their reasons`() throws {
        let workflow = FakeWorkflow()
        workflow.begins = .refuse(.notAllowed, "there is no such method")
        let run = try Self.run(
            """
            (call $say (call $begin (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
            (call $log (i32.const 1) (i32.const 256) (call $last_error (i32.const 256) (i32.const 100)))
            (call $say (call $begin (i32.const 3) (i32.const 8) (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
            (call $say (call $begin (i32.const 3) (i32.const 0) (i32.const 5000) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
            i32.const 0
            """, data: #"\ff"#, workflow: workflow)
        #expect(Self.digits(run) == ["3", "there is no such method", "4", "2"])
        #expect(workflow.commands.count == 1)
    }

    @Test func `status and result tell how an operation ended`() throws {
        let workflow = FakeWorkflow()
        workflow.outcomes = [1: .result(Array("{}".utf8)), 2: .error(Array("{\"code\":\"NO\"}".utf8))]
        let run = try Self.run(
            """
            (call $say (i32.sub (i32.const 0) (call $status (i32.const 1))))
            (call $say (i32.sub (i32.const 0) (call $status (i32.const 2))))
            (call $say (call $status (i32.const 3)))
            (call $say (call $result (i32.const 3) (i32.const 0) (i32.const 0)))
            (call $log (i32.const 1) (i32.const 256) (call $result (i32.const 2) (i32.const 256) (i32.const 100)))
            (call $say (i32.sub (i32.const 0) (call $result (i32.const 1) (i32.const 0) (i32.const 1))))
            (call $say (i32.sub (i32.const 0) (call $patch (i32.const 8) (i32.const 3))))
            (call $say (call $patch (i32.const 8) (i32.const 2)))
            (call $say (call $cancel (i32.const 4)))
            (call $say (call $continue (i32.const 11) (i32.const 2)))
            i32.const 0
            """, data: "new{}", workflow: workflow)
        #expect(Self.digits(run) == ["1", "2", "0", "1", "{\"code\":\"NO\"}", "2", "1", "0", "0", "0"])
        #expect(workflow.asked == ["cancel 4", "next {}"])
    }

    @Test func `the state is read and written through the workflow, and one reading that needs more room is one`()
        throws
    {
        let workflow = FakeWorkflow()
        workflow.state = .proceed(Array("{\"n\":1}".utf8))
        let run = try Self.run(
            """
            (call $say (i32.sub (i32.const 0) (call $state_get (i32.const 256) (i32.const 2))))
            (call $log (i32.const 1) (i32.const 256) (call $state_get (i32.const 256) (i32.const 100)))
            (drop (call $state_get (i32.const 256) (i32.const 100)))
            (call $say (call $state_set (i32.const 8) (i32.const 2)))
            (call $say (call $state_set (i32.const 8) (i32.const 1)))
            (call $say (call $state_delete))
            i32.const 0
            """, data: "{}", workflow: workflow, host: StrictHost())
        #expect(Self.digits(run) == ["7", "{\"n\":1}", "0", "0", "0"])
        #expect(workflow.asked == ["read", "read", "write {}", "write {", "write nothing"])
        #expect(run.outcome.effects?.state == .unchanged)
    }

    @Test func `events and sends go to the workflow with the host's check, not into the effects`() throws {
        let workflow = FakeWorkflow()
        let run = try Self.run(
            """
            (call $say (call $emit (i32.const 8) (i32.const 5) (i32.const 13) (i32.const 2)))
            (call $say (call $send (i32.const 8) (i32.const 5) (i32.const 0) (i32.const -1) (i32.const 13) (i32.const 2)))
            (call $say (call $send_after (i32.const 8) (i32.const 5) (i32.const 0) (i32.const -1) (i32.const 13) (i32.const 2) (i64.const 58)))
            i32.const 0
            """, data: "event{}", workflow: workflow, host: StrictHost())
        #expect(Self.digits(run) == ["0", "0", "0"])
        // The workflow's own time, and 58 us.
        #expect(
            workflow.asked.last?.hasPrefix("send event - {} ") == true
                && workflow.asked.last?.hasSuffix(" due 100") == true)
        #expect(workflow.asked.count == 3 && workflow.asked[0].hasPrefix("emit event - {} denied("))
        #expect(run.outcome.effects?.messages == [])
    }

    @Test func `the clock is the workflow's, its run and reason are known, and a replay's lines aren't said again`()
        throws
    {
        let workflow = FakeWorkflow()
        workflow.cancelReason = "why"
        let body = """
            (call $say (i32.sub (i32.const 0) (i32.sub (i32.wrap_i64 (call $now)) (i32.const 40))))
            (call $log (i32.const 1) (i32.const 256) (call $context (i32.const 9) (i32.const 256) (i32.const 9)))
            (call $log (i32.const 1) (i32.const 256) (call $context (i32.const 10) (i32.const 256) (i32.const 9)))
            i32.const 0
            """
        #expect(Self.digits(try Self.run(body, workflow: workflow)) == ["2", "3", "why"])
        workflow.isReplaying = true
        #expect(try Self.run(body, workflow: workflow).logs.isEmpty)
    }

    @Test func `outside a workflow they aren't allowed`() throws {
        let run = try Self.run(
            """
            (call $say (call $begin (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
            (call $say (call $wait (i32.const 0) (i32.const 0)))
            (call $say (call $status (i32.const 1)))
            (call $say (call $result (i32.const 1) (i32.const 0) (i32.const 0)))
            (call $say (call $cancel (i32.const 1)))
            (call $say (call $patch (i32.const 0) (i32.const 0)))
            (call $say (call $continue (i32.const 0) (i32.const 0)))
            (call $say (call $group)) (call $say (call $add (i32.const 1) (i32.const 1)))
            (call $say (call $next (i32.const 1) (i32.const 0) (i32.const 0)))
            (call $say (call $close (i32.const 0) (i32.const 0)))
            (call $say (i32.sub (i32.const 0) (i32.add (i32.const 2) (call $context (i32.const 9) (i32.const 0) (i32.const 0)))))
            i32.const 0
            """, workflow: nil)
        #expect(Self.digits(run) == Array(repeating: "3", count: 11) + ["1"])
    }
}
