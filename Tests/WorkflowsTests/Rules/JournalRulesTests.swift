import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import Workflows

/// What the code is told, decided by the journal alone.
@Suite struct `The rules of the journal` {
    private static func machine(_ entries: [(JournalEntry.Kind, Int32, String?)]) -> WorkflowMachine {
        var journal = [
            JournalEntry(sequence: 1, run: 1, kind: .started, name: "run", at: Timestamp(microseconds: 1000))
        ]
        for (kind, op, name) in entries {
            let sequence = Int64(journal.count + 1)
            journal.append(
                JournalEntry(
                    sequence: sequence, run: 1, kind: kind, op: op, name: name,
                    request: kind == .signal ? Array("{\"s\":\(sequence)}".utf8) : nil,
                    result: kind == .answered ? Array("{}".utf8) : nil,
                    at: Timestamp(microseconds: sequence * 1000)))
        }
        return WorkflowMachine(journal, nextSequence: Int64(journal.count + 1), at: Timestamp(microseconds: 0))
    }

    private static func call(_ name: String) -> CommandRequest { CommandRequest(.call, name: name) }

    @Test func `of several operations the one that was completed first wins, whatever was begun first`() {
        var machine = Self.machine([
            (.call, 1, "a"), (.call, 2, "b"), (.answered, 2, nil), (.answered, 1, nil),
        ])
        #expect(machine.match(Self.call("a")) == .recorded(1))
        #expect(machine.match(Self.call("b")) == .recorded(2))
        #expect(machine.wait(forAnyOf: [1, 2]) == .completed(1))
        #expect(machine.wait(forAnyOf: [1]) == .completed(0))
        #expect(machine.wait(forAnyOf: [3]) == .unknown(3))
    }

    @Test func `the first completion of an operation counts, a second one doesn't`() {
        var machine = Self.machine([(.call, 1, "a"), (.answered, 1, nil), (.failed, 1, nil)])
        _ = machine.match(Self.call("a"))
        #expect(machine.wait(forAnyOf: [1]) == .completed(0))
        #expect(machine.operation(1)?.completedAt == 3)
        #expect(machine.outcome(of: 1) == .result(Array("{}".utf8)))
    }

    @Test func `what is above the horizon hasn't happened yet for the code`() {
        var machine = Self.machine([
            (.call, 1, "a"), (.call, 2, "b"), (.answered, 1, nil), (.answered, 2, nil), (.emit, 0, "e"),
        ])
        _ = machine.match(Self.call("a"))
        _ = machine.match(Self.call("b"))
        #expect(machine.outcome(of: 1) == nil && machine.outcome(of: 2) == nil)
        #expect(machine.wait(forAnyOf: [1]) == .completed(0))
        #expect(machine.now == Timestamp(microseconds: 4000))
        #expect(machine.outcome(of: 1) != nil)
        #expect(machine.outcome(of: 2) == nil, "it was answered, but the code has come to the first answer only")
        #expect(machine.match(CommandRequest(.emit, name: "e")) == .recorded(5))
        #expect(machine.outcome(of: 2) != nil, "the event was emitted after the second answer")
        #expect(machine.now == Timestamp(microseconds: 6000))
    }

    @Test func `signals go to receives of their name, both in order, early ones wait`() {
        var machine = Self.machine([
            (.signal, 0, "approve"), (.signal, 0, "note"), (.signal, 0, "note"), (.receive, 1, "note"),
            (.receive, 2, "note"), (.receive, 3, "note"), (.receive, 4, "approve"), (.receive, 5, "note"),
            (.signal, 0, "note"), (.signal, 0, "note"), (.signal, 0, "note"),
        ])
        for name in ["note", "note", "note", "approve", "note"] {
            guard case .recorded = machine.match(CommandRequest(.receive, name: name)) else {
                Issue.record("the receives are recorded")
                return
            }
        }
        // The completing signals, by their sequence.
        #expect((1...5).map { machine.operation($0)?.completedAt } == [3, 4, 10, 2, 11])
        #expect(machine.earlySignalCount == 1)
        #expect(machine.wait(forAnyOf: [5]) == .completed(0))
        #expect(machine.outcome(of: 5) == .result(Array("{\"s\":11}".utf8)))
        #expect(machine.outcome(of: 2) == .result(Array("{\"s\":4}".utf8)))
    }

    @Test func `a receive that was given up before the signal came doesn't take it, one given up later has it`() {
        let before = Self.machine([
            (.receive, 1, "note"), (.receive, 2, "note"), (.cancel, 1, nil), (.signal, 0, "note"),
        ])
        #expect(before.operation(1)?.completedAt == 4 && before.operation(2)?.completedAt == 5)
        let after = Self.machine([
            (.receive, 1, "note"), (.receive, 2, "note"), (.signal, 0, "note"), (.cancel, 1, nil),
        ])
        #expect(after.operation(1)?.completedAt == 4 && after.operation(2)?.isOpen == true)
    }

    @Test func `a cancellation is delivered once, at the first wait that nothing came before`() {
        var machine = Self.machine([
            (.call, 1, "a"), (.call, 2, "b"), (.answered, 1, nil), (.cancelRequested, 0, nil), (.answered, 2, nil),
        ])
        _ = machine.match(Self.call("a"))
        _ = machine.match(Self.call("b"))
        #expect(machine.wait(forAnyOf: [1, 2]) == .completed(0), "the first answer came before the cancellation")
        #expect(machine.cancelReason == nil)
        #expect(machine.wait(forAnyOf: [2]) == .cancelled)
        #expect(machine.cancelReason == "")
        #expect(machine.wait(forAnyOf: [2]) == .completed(0), "it isn't said twice")
    }

    @Test func `a change that the journal doesn't have goes the old way for the whole run, a new one is recorded`() {
        var old = Self.machine([(.call, 1, "a"), (.call, 2, "b")])
        #expect(old.isPatched("p") == false)
        _ = old.match(Self.call("a"))
        _ = old.match(Self.call("b"))
        #expect(old.isPatched("p") == false, "as it was decided at the first time")
        #expect(old.isPatched("q") == nil, "this part hasn't run before")
        var new = Self.machine([(.patch, 0, "p"), (.call, 1, "a")])
        #expect(new.isPatched("p") == true)
        #expect(new.match(Self.call("a")) == .recorded(2))
    }

    @Test func `a change that the code asks about no more is passed, and goes the new way`() {
        var machine = Self.machine([
            (.patch, 0, "p"), (.patch, 0, "q"), (.call, 1, "a"), (.patch, 0, "r"), (.answered, 1, nil),
        ])
        #expect(machine.isPatched("q") == true, "one before it was taken away")
        #expect(machine.match(Self.call("a")) == .recorded(3))
        #expect(machine.wait(forAnyOf: [1]) == .completed(0))
        #expect(!machine.isReplaying, "what the code does now is new")
        #expect(machine.isPatched("p") == true && machine.isPatched("r") == true)
        #expect(machine.match(Self.call("b")) == .new)
        var waiting = Self.machine([(.call, 1, "a"), (.patch, 0, "p")])
        _ = waiting.match(Self.call("a"))
        #expect(waiting.wait(forAnyOf: [1]) == .nothing)
        #expect(waiting.endDifference("returns") == nil)
        var other = Self.machine([(.patch, 0, "p"), (.call, 1, "a")])
        guard case .difference(let difference) = other.match(Self.call("b")) else {
            Issue.record("another call is none that was recorded")
            return
        }
        #expect(difference.expected.contains("a") && difference.sequence == 3)
    }

    @Test(arguments: [
        (CommandRequest(.call, name: "b"), "calls b"),
        (CommandRequest(.call, name: "a", key: "k"), "calls a of key \"k\""),
        (CommandRequest(.call, name: "a", data: Array("{\"n\":2}".utf8)), "calls a {\"n\":2}"),
        (CommandRequest(.timer, data: Array("5".utf8)), "waits for a time of 5 µs"),
        (CommandRequest(.receive, name: "note"), "waits for the signal note"),
        (CommandRequest(.emit, name: "e", data: Array("{}".utf8)), "emits e {}"),
        (CommandRequest(.read), "reads its state"),
        (CommandRequest(.write), "deletes its state"),
        (CommandRequest(.cancel, op: 3), "gives up operation 3"),
    ])
    func `a difference names the step, what the journal has and what the code did`(
        request: CommandRequest, found: String
    ) {
        var machine = Self.machine([(.emit, 0, "first"), (.call, 1, "a")])
        _ = machine.match(CommandRequest(.emit, name: "first"))
        guard case .difference(let difference) = machine.match(request) else {
            Issue.record("\(request) isn't what the journal has")
            return
        }
        #expect(difference == WorkflowDifference(step: 2, sequence: 3, expected: "calls a", found: found))
        #expect(difference.error.details?.contains("\"step\":2,\"sequence\":3,\"expected\":\"calls a\"") == true)
        #expect(machine.match(Self.call("a")) == .recorded(2), "it can be asked again")
    }

    @Test func `waiting or ending where the journal goes on is a difference`() {
        var machine = Self.machine([(.call, 1, "a"), (.call, 2, "b")])
        _ = machine.match(Self.call("a"))
        #expect(
            machine.wait(forAnyOf: [1])
                == .difference(
                    WorkflowDifference(step: 2, sequence: 3, expected: "calls b", found: "waits for operation 1")))
        #expect(machine.endDifference("returns")?.expected == "calls b")
    }

    @Test func `details, options and orders come back as they were written`() throws {
        var details = CommandDetails()
        #expect(details.json == nil)
        details.hasGivenKey = true
        details.isChild = true
        details.parentClose = .terminate
        details.role = "compensation"
        details.retry = OperationRetry(retries: 3, backoff: .linear, delay: 5, maximumDelay: 6)
        details.refusal = CommandDetails.Refusal(kind: .notAllowed, reason: "no \"p\"", digest: "ab")
        #expect(CommandDetails(json: details.json) == details)
        #expect(CommandDetails.hasGivenKey(details.json) && CommandDetails.isChild(details.json))
        #expect(!CommandDetails.isChild(Array("{\"role\":\"\\\"child\\\"\"}".utf8)), "a text isn't a member")
        let orders: [WorkflowOrder] = [
            .cancel(reason: "a \"b\"", caller: AnswerAddress("s.S/1.2.3/w/1")), .terminate(reason: nil, caller: nil),
            .retry, .reset(sequence: 12), .upgrade(digest: "abc"),
            .restart(WorkflowRestart(run: 1, digest: "abc")),
            .restart(WorkflowRestart(run: 2, digest: "abc", sequence: 12)),
            .restart(WorkflowRestart(run: 3, digest: "abc", input: Array("{\"a\":{\"b\":[1]}}".utf8))),
        ]
        for order in orders { #expect(try WorkflowOrder(order.json) == order) }
        let wrong = [
            "", "[]", "{\"order\":\"dance\"}", "{\"order\":\"reset\"}", "{\"order\":\"upgrade\"}",
            "{\"order\":\"restart\",\"run\":1}", "{\"order\":\"restart\",\"digest\":\"d\"}",
            "{\"order\":\"restart\",\"run\":1,\"digest\":\"d\",\"sequence\":0}",
            "{\"order\":\"restart\",\"run\":1,\"digest\":\"d\",\"sequence\":3,\"input\":{}}",
        ]
        for bad in wrong {
            #expect(throws: MeshError.self) { try WorkflowOrder(Array(bad.utf8)) }
        }
    }

    @Test(arguments: [
        "[]", "{\"retries\":-1}", "{\"retries\":1.5}", "{\"backoff\":\"never\"}", "{\"label\":5}", "{\"labell\":\"x\"}",
        "{\"detached\":1}", "{\"parentClose\":\"kill\"}", "{\"delay\":\"5\"}",
    ])
    func `options that make no sense are refused`(text: String) {
        #expect(throws: CommandOptions.Problem.self) { try CommandOptions(Array(text.utf8)) }
    }

    @Test(arguments: [
        (
            "{\"deadline\":3155760000000001}",
            "the timeout of a call is at most 100 years; leave it out to wait without an end"
        ),
        ("{\"deadline\":-1}", "`deadline` is a whole number, 0 or more"),
        ("{\"delay\":3155760000000001}", "`delay` is at most 100 years"),
        ("{\"retries\":1000001}", "`retries` is at most 1000000"),
    ])
    func `options out of their bounds are told in the words of whoever wrote them`(text: String, told: String) {
        let problem = #expect(throws: CommandOptions.Problem.self) { try CommandOptions(Array(text.utf8)) }
        #expect(problem?.text == told)
    }

    @Test func `retries wait as their policy says, up to its maximum, and end`() {
        func waits(_ retry: OperationRetry, seed: UInt64) -> [Int64?] {
            (1...4).map { retry.due(afterAttempt: $0, from: Timestamp(microseconds: 0), seed: seed)?.microseconds }
        }
        let exponential = OperationRetry(retries: 3, delay: 1000, maximumDelay: 3000)
        #expect(waits(exponential, seed: 0) == [1000, 2000, 3000, nil])
        #expect(waits(exponential, seed: 1023)[0] == 501, "at most half is taken away")
        #expect(waits(OperationRetry(retries: 3, backoff: .linear, delay: 1000), seed: 0) == [1000, 2000, 3000, nil])
        #expect(waits(OperationRetry(retries: 3, backoff: .fixed, delay: 1000), seed: 0) == [1000, 1000, 1000, nil])
        #expect(waits(OperationRetry(retries: 2, backoff: .none), seed: 0) == [0, 0, nil, nil])
        let huge = OperationRetry(retries: 100, delay: .max / 2, maximumDelay: 7)
        #expect(huge.due(afterAttempt: 90, from: Timestamp(microseconds: 0), seed: 0)?.microseconds == 7)
    }
}
