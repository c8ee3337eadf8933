import MeshCore
import Outbox
import Synchronization
import Wasm

@testable import Workflows

/// A workflow's code written in a test: the ABI with Swift's words.
struct Script {
    enum End: Error {
        case suspended
        case stopped(String)
        case failed(String)
        case crashed
    }

    let calls: any WorkflowCalls
    let input: [UInt8]
    /// What its random numbers follow from.
    var seed = ""
    /// Who started it, as the guest is told.
    var principal: String?

    /// A package whose workflow is `body`; the answer is its result.
    static func code(
        digest: String = "d1", _ body: @escaping @Sendable (Script) throws(End) -> String
    ) -> TestCode {
        TestCode(
            digest: digest,
            body: { request, calls in
                do throws(End) {
                    let text = try body(
                        Script(
                            calls: calls, input: request.data, seed: request.facts.id,
                            principal: request.facts.principal))
                    return .completed(GuestEffects(reply: Array(text.utf8), state: .unchanged, messages: []))
                } catch {
                    switch error {
                    case .suspended: return .suspended
                    case .stopped(let reason): return .stopped(reason)
                    case .failed(let code):
                        return .failed(GuestFailure(code: code, message: "as asked", details: nil, retryable: false))
                    case .crashed: return .trapped(GuestTrap(kind: .unreachable, message: "as asked"))
                    }
                }
            })
    }

    private func decide<Value>(_ decision: WorkflowDecision<Value>) throws(End) -> Value? {
        switch decision {
        case .proceed(let value): return value
        case .suspend: throw .suspended
        case .stop(let reason): throw .stopped(reason)
        case .refuse: return nil
        }
    }

    /// 0 where it is refused.
    func call(_ name: String, key: String? = nil, _ data: String = "{}", _ options: String = "") throws(End) -> Int32 {
        try decide(
            calls.begin(
                GuestCommand(
                    kind: .call, name: name, key: key, data: Array(data.utf8), options: Array(options.utf8)))) ?? 0
    }

    func sleep(_ milliseconds: Int, _ options: String = "") throws(End) -> Int32 {
        try decide(
            calls.begin(
                GuestCommand(
                    kind: .timer, name: "", data: Array("\(milliseconds * 1000)".utf8), options: Array(options.utf8))))
            ?? 0
    }

    func receive(_ name: String) throws(End) -> Int32 {
        try decide(calls.begin(GuestCommand(kind: .receive, name: name))) ?? 0
    }

    /// The place, nil when it is being cancelled.
    func wait(_ operations: Int32...) throws(End) -> Int? { try decide(calls.wait(forAnyOf: operations)) ?? nil }

    /// Waits for one operation; its result, or the code of its error.
    func value(_ operation: Int32) throws(End) -> String {
        guard try wait(operation) != nil else { return "cancelled" }
        return text(operation)
    }

    func text(_ operation: Int32) -> String {
        switch calls.outcome(of: operation) {
        case .result(let data): String(decoding: data, as: UTF8.self)
        case .error(let data): JSONMembers(data)?.string("code") ?? "?"
        case nil: "open"
        }
    }

    func group() throws(End) -> Int32 { try decide(calls.makeGroup()) ?? 0 }

    /// False where it is refused.
    @discardableResult
    func add(_ operation: Int32, to group: Int32) throws(End) -> Bool {
        try decide(calls.add(operation, to: group)) != nil
    }

    /// Nil where it is refused.
    func next(of group: Int32, or operations: Int32...) throws(End) -> GroupNext? {
        try decide(calls.next(of: group, orAnyOf: operations))
    }

    func close(_ signal: String) throws(End) { _ = try decide(calls.close(signal: signal)) }

    func config(_ name: String, _ value: String?) throws(End) -> String {
        (try decide(calls.configuration(name) { value }) ?? nil) ?? "none"
    }

    func cancel(_ operation: Int32) throws(End) { _ = try decide(calls.cancel(operation)) }
    func patch(_ name: String) throws(End) -> Bool { try decide(calls.isPatched(name)) ?? false }
    func next(_ input: String) throws(End) { _ = try decide(calls.continueAsNew(Array(input.utf8))) }

    func emit(_ event: String, _ data: String = "{}") throws(End) {
        let data = Array(data.utf8)
        _ = try decide(
            calls.handOut(.emit, name: event, key: nil, data: data, due: nil) {
                TestHost().checkEmit(event: event, data: data)
            })
    }

    /// Sends a call, so many milliseconds later.
    func send(_ target: String, key: String? = nil, after milliseconds: Int64) throws(End) {
        let due = calls.now.advanced(by: .milliseconds(milliseconds))
        _ = try decide(
            calls.handOut(.send, name: target, key: key, data: Array("{}".utf8), due: due) {
                .accepted(key: key, tag: 0)
            })
    }

    func state() throws(End) -> String {
        guard let state = try decide(calls.readState()), let state else { return "none" }
        return String(decoding: state, as: UTF8.self)
    }

    func set(_ state: String?) throws(End) {
        _ = try decide(calls.writeState(state.map { Array($0.utf8) }) { .accepted })
    }
}

/// A mesh with one workflow whose code is a script.
typealias ScriptMesh = SimulatedMesh<TestEnvironment>

extension ScriptMesh {
    init(_ body: @escaping @Sendable (Script) throws(Script.End) -> String) {
        self.init(TestEnvironment(codes: [Script.code(body)]))
    }

    /// Starts it, and lets nothing happen by itself.
    mutating func start(_ input: String = "{}") {
        give([.start(SimulatedMesh.call(Array(input.utf8)), method: "run")])
    }

    /// Answers the operation; the outcome.
    @discardableResult
    mutating func answer(_ op: Int32, _ data: String, run: Int32 = 1, attempt: Int32 = 1, isError: Bool = false)
        -> WorkflowActivation.Outcome
    {
        let message = Message(
            id: "a", type: "mesh.answer", source: "/pay.P", time: clock, key: id.key, data: Array(data.utf8),
            extensions: MessageExtensions(status: isError ? .error : .ok, operation: "\(run).\(op).\(attempt)"))
        return tell(.answer(message))
    }

    @discardableResult
    mutating func signal(_ name: String, _ data: String = "{}") -> WorkflowActivation.Outcome {
        tell(
            .signal(
                Message(
                    id: "s", type: "shop.W/\(name)", source: "/http", time: clock, key: id.key, data: Array(data.utf8)),
                method: name))
    }

    @discardableResult
    mutating func order(_ order: WorkflowOrder) -> WorkflowActivation.Outcome {
        tell(.control(order.message(to: id, from: "/cli", at: clock).message))
    }

    /// Lets the next timer fire at its time.
    @discardableResult
    mutating func fire(_ kind: WorkflowTimer.Kind) -> WorkflowActivation.Outcome {
        guard let timer = timers.filter({ $0.kind == kind }).min(by: { $0.due < $1.due }) else { return .ignored }
        clock = max(clock, timer.due)
        return tell(.timer(timer))
    }

    mutating func tell(_ input: WorkflowInput) -> WorkflowActivation.Outcome {
        clock.microseconds += 1000
        let activation = attempt([input])
        write(activation, of: [input])
        return activation.outcomes[0]
    }

    var status: String { record?.row.status.rawValue ?? "none" }
    /// What it came to.
    var value: String { record?.row.result.map { String(decoding: $0, as: UTF8.self) } ?? "" }
    /// The code of its error.
    var errorCode: String { record?.row.error.flatMap { JSONMembers($0)?.string("code") } ?? "" }
    var errorText: String { record?.row.error.map { String(decoding: $0, as: UTF8.self) } ?? "" }
    var kinds: [String] { journal.map(\.kind.rawValue) }
    var orders: [String] {
        published.filter { $0.message.type == WorkflowOrder.messageType }.map {
            String(decoding: $0.message.data, as: UTF8.self)
        }
    }
}

extension WorkflowActivation.Outcome {
    var isIgnored: Bool { if case .ignored = self { true } else { false } }
    var refusal: ErrorCode? { if case .refused(let error) = self { error.code } else { nil } }
    var reply: String? {
        if case .taken(let reply?) = self { String(decoding: reply, as: UTF8.self) } else { nil }
    }
}

/// Counts something that `Sendable` closures do.
final class Tally: Sendable {
    private let count = Mutex(0)
    func add() { count.withLock { $0 += 1 } }
    var value: Int { count.withLock { $0 } }
}
