import MeshCore
import Outbox
import Schemas
import Wasm

@testable import Workflows

/// The package of `shop.W` in these tests: its workflow runs whatever program its input is.
struct TestCode: WorkflowCode {
    var digest = "d1"
    var version = "1.0.0"
    var hasState = true
    /// Crashes at the host call of that number.
    var crashingAt = Int.max
    /// Another version: this program instead of the input's.
    var program: Program?
    /// Runs something else than the input's program.
    var body: (@Sendable (GuestRequest, any WorkflowCalls) -> GuestOutcome)?
    var durable: DurablePolicy?

    func workflow(_ method: String) -> WorkflowMethod? {
        method == "run" ? WorkflowMethod(guestName: "W/run", limits: SandboxLimits(), durable: durable) : nil
    }

    func hasSignal(_ method: String) -> Bool { method == "approve" || method == "note" || method == "ask" }
    func answers(signal method: String) -> Bool { method == "ask" }

    func problem(withAnswer answer: [UInt8], of method: String) -> String? {
        answer == Array("{\"value\":\"wrong\"}".utf8) ? "it is wrong" : nil
    }

    func checkCall(target: String, key: String?, data: [UInt8]) -> CallDecision {
        guard !target.hasPrefix("no.") else { return .denied("there is no \(target)") }
        guard data.first == UInt8(ascii: "{") else { return .invalid("not an object") }
        let isWorkflow = target == "pay.P/child" || target == "shop.W/run"
        let durable = target == "shop.W/flaky" ? DurablePolicy(retries: 4) : nil
        // The rule of its key: the argument `id`, where it is given.
        let named = target == "shop.W/run" ? JSONMembers(data)?.string("id") : nil
        return .accepted(CallTarget(role: isWorkflow ? .workflow : .handler, key: key ?? named, durable: durable))
    }

    func run(_ request: GuestRequest, calls: any WorkflowCalls) -> GuestRun {
        if let body { return GuestRun(outcome: body(request, calls)) }
        var program = NativeProgram(request, calls, host: TestHost(), crashingAt: crashingAt, program: program)
        return GuestRun(outcome: program.result())
    }

    /// Adds to the state what it was given.
    func run(_ step: LocalStep) -> LocalStepOutcome {
        let problem = MeshError(
            .providerUnavailable, "not now", retryable: step.method == "flaky", timestamp: step.now)
        if step.method == "named" {
            return .done(reply: Array("{\"value\":\"\(step.id)\"}".utf8), state: .unchanged, messages: [])
        }
        if step.method == "principal" {
            return .done(reply: Array((step.principal?.text ?? "nobody").utf8), state: .unchanged, messages: [])
        }
        if step.method == "crashing" {
            return .failed(MeshError(.internalError, "it crashed", retryable: step.retriesCrashes, timestamp: step.now))
        }
        if step.method == "failing" || (step.method == "flaky" && step.attempt < 3) { return .failed(problem) }
        let sum = TestCode.number(in: step.state) + TestCode.number(in: step.data)
        let event = Message(
            id: "e", type: "shop.stepped", source: "/shop.W", time: step.now, key: "ev", data: step.data)
        return .done(
            reply: Array("{\"value\":\(sum)}".utf8), state: .set(Array("{\"n\":\(sum)}".utf8)),
            messages: [OutgoingMessage(event)])
    }

    static func number(in data: [UInt8]?) -> Int {
        data.flatMap { JSONMembers($0)?.raw("n") }.flatMap { Int($0) } ?? 0
    }
}

/// What the service may hand out.
struct TestHost: GuestHost {
    func configuration(_ name: String) -> String? { name == "value-0" ? nil : "the \"value\" of \(name)" }
    func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
    func checkEmit(event: String, data: [UInt8]) -> MessageDecision {
        event.hasPrefix("shop.") ? .accepted(key: "ev", tag: 0) : .denied("the service doesn't emit \(event)")
    }
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .accepted(key: key, tag: 0) }
}

/// The packages that are there.
struct TestEnvironment: WorkflowEnvironment {
    var codes: [TestCode]
    var randomSecret: [UInt8] { [1, 2, 3] }

    func currentCode(of service: String) -> TestCode? { codes.last }
    func code(of service: String, digest: String) -> TestCode? { codes.first { $0.digest == digest } }
}
