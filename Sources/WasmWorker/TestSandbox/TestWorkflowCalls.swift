import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

/// Asks the test for everything that a workflow's code asks of the mesh; what the schema doesn't allow is refused before.
final class TestWorkflowCalls: WorkflowCalls {
    private let session: TestSession
    let run: Int32
    let code: BoundCode
    private let id: WorkflowID
    private let method: String
    private let input: [UInt8]
    /// True once the code has asked for another run: its answer doesn't count then.
    private(set) var isContinued = false
    /// The signals that operations receive.
    private var receives: [Int32: String] = [:]

    /// `run`: what the test asked for, the `number`th run of the workflow.
    init(_ session: TestSession, _ run: TestRun, number: Int32, code: BoundCode) {
        self.session = session
        self.run = number
        self.code = code
        id = WorkflowID(service: code.service.service.qualifiedName, key: run.key)
        method = run.method
        input = run.data
    }

    // MARK: Facts

    var now: Timestamp { Timestamp(microseconds: fact("now").flatMap { Int64($0) } ?? 0) }
    var cancelReason: String? { fact("cancelReason") }
    var isReplaying: Bool { fact("isReplaying") == "1" }

    private func fact(_ name: String) -> String? { session.ask(TestAnswer("ask", name))?["result"]?.text }

    // MARK: Decisions

    func begin(_ command: GuestCommand) -> WorkflowDecision<Int32> {
        if let (kind, reason) = refusal(of: command) { return .refuse(kind, reason) }
        let decision = number(
            TestAnswer("ask", "begin").with("kind", command.kind.rawValue).with("name", command.name)
                .with("key", command.key).with("data", command.data).with("options", command.options))
        if command.kind == .receive, case .proceed(let operation) = decision { receives[operation] = command.name }
        return decision
    }

    func handOut(
        _ kind: GuestMessage.Kind, name: String, key: String?, data: [UInt8], due: Timestamp?,
        check: () -> MessageDecision
    ) -> WorkflowDecision<Void> {
        switch check() {
        case .denied(let reason): return .refuse(.notAllowed, reason)
        case .invalid(let reason): return .refuse(.invalid, reason)
        case .accepted: break
        }
        return done(
            TestAnswer("ask", kind == .emit ? "emit" : "send").with("name", name).with("key", key).with("data", data)
                .with(due: due, at: now))
    }

    func wait(forAnyOf operations: [Int32]) -> WorkflowDecision<Int?> {
        decide(TestAnswer("ask", "wait").with("operations", operations)) { number in
            number == HostAnswer.cancelled ? nil : Int(number)
        }
    }

    func makeGroup() -> WorkflowDecision<Int32> { number(TestAnswer("ask", "group")) }

    func add(_ operation: Int32, to group: Int32) -> WorkflowDecision<Void> {
        done(TestAnswer("ask", "add").with("group", group).with("operation", operation))
    }

    func next(of group: Int32, orAnyOf operations: [Int32]) -> WorkflowDecision<GroupNext> {
        decide(TestAnswer("ask", "next").with("group", group).with("operations", operations)) { number in
            switch number {
            case HostAnswer.cancelled: .cancelled
            case HostAnswer.absent: .empty
            default: .operation(number)
            }
        }
    }

    func outcome(of operation: Int32) -> WorkflowOutcome? {
        guard let answer = session.ask(TestAnswer("ask", "outcome").with("operation", operation)),
            let text = answer["text"]?.text
        else { return nil }
        return answer["result"]?.text == "2" ? .error(Array(text.utf8)) : .result(Array(text.utf8))
    }

    func cancel(_ operation: Int32) -> WorkflowDecision<Void> {
        done(TestAnswer("ask", "cancel").with("operation", operation))
    }

    func isPatched(_ name: String) -> WorkflowDecision<Bool> {
        decide(TestAnswer("ask", "patch").with("name", name)) { $0 == 1 }
    }

    func close(signal name: String) -> WorkflowDecision<Void> { done(TestAnswer("ask", "close").with("name", name)) }

    func reply(to operation: Int32, isError: Bool, data: [UInt8]) -> WorkflowDecision<Void> {
        if let signal = receives[operation],
            let (kind, reason) = code.refusal(ofReply: data, isError: isError, to: signal, of: id.service)
        {
            return .refuse(kind, reason)
        }
        return done(
            TestAnswer("ask", "reply").with("operation", operation).with("status", isError ? "error" : "ok")
                .with("data", data))
    }

    func configuration(_ name: String, value: () -> String?) -> WorkflowDecision<String?> {
        text(TestAnswer("ask", "config").with("name", name))
    }

    func readState() -> WorkflowDecision<[UInt8]?> {
        switch text(TestAnswer("ask", "readState")) {
        case .proceed(let state): .proceed(state.map { Array($0.utf8) })
        case .refuse(let kind, let reason): .refuse(kind, reason)
        case .suspend: .suspend
        case .stop(let reason): .stop(reason)
        }
    }

    func writeState(_ state: [UInt8]?, check: () -> StateDecision) -> WorkflowDecision<Void> {
        if case .invalid(let reason) = check() { return .refuse(.invalid, reason) }
        return done(TestAnswer("ask", "writeState").with("state", state))
    }

    func continueAsNew(_ input: [UInt8]) -> WorkflowDecision<Void> {
        switch code.checkNext(input, after: self.input, of: id, method: method) {
        case .accepted: break
        case .denied(let reason): return .refuse(.notAllowed, reason)
        case .invalid(let reason): return .refuse(.invalid, reason)
        }
        isContinued = true
        return done(TestAnswer("ask", "continue").with("data", input))
    }

    // MARK: Questions

    /// What a worker would refuse by the schema.
    private func refusal(of command: GuestCommand) -> (WorkflowRefusal, String)? {
        switch command.kind {
        case .timer: return nil
        case .receive:
            if code.hasSignal(command.name) { return nil }
            return (
                .notAllowed, "\(code.service.service.qualifiedName) has no @signal method \"\(command.name)\""
            )
        case .call:
            switch code.checkCall(target: command.name, key: command.key, data: command.data) {
            case .accepted: return nil
            // Whom the package doesn't know a script may answer for.
            case .denied(let reason):
                return command.name.hasPrefix(code.service.service.qualifiedName + "/") ? (.notAllowed, reason) : nil
            case .invalid(let reason): return (.invalid, reason)
            }
        }
    }

    private func number(_ question: TestAnswer) -> WorkflowDecision<Int32> { decide(question) { $0 } }

    private func done(_ question: TestAnswer) -> WorkflowDecision<Void> { decide(question) { _ in () } }

    private func decide<Value>(_ question: TestAnswer, _ value: (Int32) -> Value) -> WorkflowDecision<Value> {
        guard let answer = session.ask(question) else { return .stop(Self.dropped) }
        let number = Int32(answer.text("result")) ?? 0
        let reason = answer.text("reason")
        switch number {
        case HostAnswer.limit: return .refuse(.limit, reason)
        case HostAnswer.notAllowed: return .refuse(.notAllowed, reason)
        case HostAnswer.invalid: return .refuse(.invalid, reason)
        default: return .proceed(value(number))
        }
    }

    private func text(_ question: TestAnswer) -> WorkflowDecision<String?> {
        guard let answer = session.ask(question) else { return .stop(Self.dropped) }
        return .proceed(answer["text"]?.text)
    }

    private static let dropped = "the test has dropped it"
}

/// The results of host functions that mean something else than a number (docs/abi.md).
private enum HostAnswer {
    static let absent: Int32 = -1
    static let limit: Int32 = -2
    static let notAllowed: Int32 = -3
    static let invalid: Int32 = -4
    static let cancelled: Int32 = -6
}
