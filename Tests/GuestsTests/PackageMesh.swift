import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

/// A built package as the mesh runs it, in memory: the real sandbox and the real journal, with time that skips.
final class PackageMesh {
    struct Code: WorkflowCode {
        let module: WasmModule
        let schema: MeshSchema
        let service: ServiceSchema
        let host: GuestInSandbox.Host
        let usage: Usage
        let digest = "digest"
        let version = "1.0.0"
        var hasState: Bool { service.stateType != nil }

        func workflow(_ method: String) -> WorkflowMethod? {
            guard service.method(method)?.role == .workflow else { return nil }
            // A host that isn't optimised is slow at long journals.
            var limits = SandboxLimits()
            limits.cpuTime = .seconds(60)
            return WorkflowMethod(guestName: "\(service.name)/\(method)", limits: limits, durable: nil)
        }

        func hasSignal(_ method: String) -> Bool { service.method(method)?.role == .signal }

        func answers(signal method: String) -> Bool { service.method(method)?.isAnsweredSignal ?? false }

        func problem(withAnswer answer: [UInt8], of method: String) -> String? { nil }

        func checkCall(target: String, key: String?, data: [UInt8]) -> CallDecision {
            guard let method = schema.method(target) else { return .denied("there is no \(target)") }
            let key = key ?? method.keyPath.flatMap { JSONScanner.keyText(of: $0, in: data) }
            return .accepted(CallTarget(role: method.role, key: key, durable: method.durable))
        }

        func run(_ request: GuestRequest, calls: any WorkflowCalls) -> GuestRun {
            let run = Sandbox.run(module, request, host: host, workflow: calls)
            usage.memoryBytes = max(usage.memoryBytes, run.memoryBytes)
            return run
        }

        func run(_ step: LocalStep) -> LocalStepOutcome {
            let facts = MessageFacts(
                id: step.id, key: step.workflow.key, type: "\(service.qualifiedName)/\(step.method)", source: "/test",
                attempt: step.attempt, service: service.qualifiedName)
            let request = GuestRequest(
                method: "\(service.name)/\(step.method)", data: step.data, facts: facts, now: step.now,
                state: step.state)
            switch Sandbox.run(module, request, host: host).outcome {
            case .completed(let effects):
                return .done(reply: effects.reply ?? Array("{}".utf8), state: effects.state, messages: [])
            case .failed(let failure): return .failed(failure.error(at: step.now))
            default: return .failed(MeshError(.internalError, "the step has crashed"))
            }
        }
    }

    /// What the guests needed; all on one thread.
    final class Usage: @unchecked Sendable {
        var memoryBytes = 0
    }

    struct Environment: WorkflowEnvironment {
        let module: WasmModule
        let schema: MeshSchema
        let host: GuestInSandbox.Host
        let usage = Usage()
        var randomSecret: [UInt8] { [1] }

        func currentCode(of service: String) -> Code? {
            schema.service(service).map { Code(module: module, schema: schema, service: $0, host: host, usage: usage) }
        }
        func code(of service: String, digest: String) -> Code? { currentCode(of: service) }
    }

    private let environment: Environment
    private(set) var clock = Timestamp(microseconds: 1_795_262_700_000_000)
    private var records: [WorkflowID: WorkflowRecord] = [:]
    private var states: [StateKey: [UInt8]] = [:]
    private var timers: Set<WorkflowTimer> = []
    /// What was sent and isn't there yet.
    private var inFlight: [Message] = []
    private var topics: [String] = []
    private(set) var answers: [WorkflowAnswer] = []
    private(set) var logs: [String] = []
    /// How many activations there were; the instance is new in each.
    private(set) var activations = 0
    private var sent = 0
    /// The most memory that a guest has used.
    var memoryBytes: Int { environment.usage.memoryBytes }

    init(_ package: [UInt8], schema: MeshSchema) throws {
        environment = Environment(
            module: try WasmModule(package, engine: try WasmEngine()), schema: schema, host: GuestInSandbox.Host())
    }

    /// Starts a workflow, runs until nothing is to come, and returns its answer or its error as the wire carries them.
    func run(_ target: String, _ data: String, signals: [(after: Int64, String, String)] = []) throws -> String {
        var signals = signals
        send(target, data, replyTo: 1)
        while true {
            if !inFlight.isEmpty {
                let message = inFlight.removeFirst()
                deliver(message, topic: topics.removeFirst())
            } else if let (after, target, data) = signals.first, timers.allSatisfy({ $0.due.microseconds > after }) {
                signals.removeFirst()
                clock.microseconds = max(clock.microseconds, after)
                send(target, data)
            } else if let timer = timers.min(by: { $0.due < $1.due }) {
                clock = max(clock, timer.due)
                timers.remove(timer)
                give(timer.workflow, [.timer(timer)])
            } else {
                break
            }
        }
        guard let answer = answers.first(where: { $0.callType == target }) else { return "no answer" }
        return String(decoding: answer.data, as: UTF8.self)
    }

    private func send(_ target: String, _ data: String, replyTo: Int32? = nil) {
        let data = Array(data.utf8)
        sent += 1
        let key = environment.schema.method(target)?.keyPath.flatMap { JSONScanner.keyText(of: $0, in: data) }
        publish(
            OutgoingMessage(
                Message(
                    id: "m\(sent)", type: target, source: "/test", time: clock, key: key ?? "m\(sent)", data: data,
                    extensions: MessageExtensions(replyTo: replyTo))))
    }

    private func publish(_ outgoing: OutgoingMessage) {
        inFlight.append(outgoing.message)
        topics.append(outgoing.topic)
    }

    private func deliver(_ message: Message, topic: String) {
        let id = WorkflowID(service: topic, key: message.key ?? "")
        switch message.type {
        case "mesh.answer": return give(id, [.answer(message)] + answers(of: id, topic))
        case "mesh.control": return give(id, [.control(message)])
        default: break
        }
        guard let method = environment.schema.method(message.type) else { return }
        switch method.role {
        case .workflow: give(id, [.start(message, method: method.name)], answers: message)
        case .signal: give(id, [.signal(message, method: method.name)], answers: message)
        case .handler, .query: run(method, message, id)
        }
    }

    /// The answers that come next to one workflow: they share an activation, as a worker's batch does.
    private func answers(of id: WorkflowID, _ topic: String) -> [WorkflowInput] {
        var inputs: [WorkflowInput] = []
        while let next = inFlight.first, next.type == "mesh.answer", topics.first == topic, next.key == id.key {
            inputs.append(.answer(inFlight.removeFirst()))
            topics.removeFirst()
        }
        return inputs
    }

    private func run(_ method: MethodSchema, _ message: Message, _ id: StateKey) {
        guard let code = environment.currentCode(of: id.service) else { return }
        let step = LocalStep(
            id: message.id, workflow: id, method: method.name, data: message.data, state: states[id], attempt: 1,
            now: clock, traceparent: nil)
        switch code.run(step) {
        case .done(let reply, let state, _, _):
            apply(state, to: id)
            answer(message, .ok, reply)
        case .failed(let error, _): answer(message, .error, Array(error.json.utf8))
        }
    }

    private func apply(_ change: StateChange, to id: StateKey) {
        switch change {
        case .unchanged: break
        case .set(let data): states[id] = data
        case .deleted: states[id] = nil
        }
    }

    private func give(_ id: WorkflowID, _ inputs: [WorkflowInput], answers message: Message? = nil) {
        activations += 1
        let activation = WorkflowActivation.run(
            inputs, of: id, record: records[id], state: states[id], environment: environment, now: clock)
        if let message {
            switch activation.outcomes.first {
            case .taken(let reply?): answer(message, .ok, reply)
            case .refused(let error): answer(message, .error, Array(error.json.utf8))
            default: break
            }
        }
        guard let effects = activation.effects else { return }
        if let write = effects.write {
            timers.subtract(write.timersRemoved)
            timers.formUnion(write.timersAdded)
            records[id] = WorkflowRecord(records[id], after: write)
        }
        apply(effects.state, to: id)
        logs += effects.logs.map(\.text)
        for message in effects.messages { publish(message) }
        for given in effects.answers {
            answers.append(given)
            answer(given.extensions, id: given.callID, given.status, given.data)
        }
    }

    private func answer(_ message: Message, _ status: ReplyStatus, _ data: [UInt8]) {
        answer(message.extensions, id: message.id, status, data)
    }

    private func answer(_ extensions: MessageExtensions, id: String, _ status: ReplyStatus, _ data: [UInt8]) {
        guard let address = extensions.answerTo.flatMap(AnswerAddress.init) else { return }
        publish(
            OutgoingMessage(
                Message(
                    id: "a-\(id)", type: "mesh.answer", source: "/test", time: clock, key: address.workflow.key,
                    data: data,
                    extensions: MessageExtensions(status: status, operation: address.call.description)),
                topic: address.workflow.service))
    }

    /// How the journal of a workflow's run reads.
    func journal(_ service: String, _ key: String) -> [String] {
        records[WorkflowID(service: service, key: key)]?.journal.map { "\($0.kind.rawValue) \($0.name ?? "")" } ?? []
    }
}

extension GuestFailure {
    fileprivate func error(at now: Timestamp) -> MeshError {
        MeshError(
            ErrorCode(rawValue: code) ?? .failedPrecondition, message, retryable: retryable, timestamp: now,
            applicationCode: ErrorCode(rawValue: code) == nil ? code : nil)
    }
}
