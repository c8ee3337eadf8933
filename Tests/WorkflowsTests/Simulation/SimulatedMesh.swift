import MeshCore
import Outbox
import TestSupport
import Wasm

@testable import Workflows

/// One workflow and everything around it, in memory: what is written is kept, what is sent is answered, timers come due.
struct SimulatedMesh<Environment: WorkflowEnvironment> {
    /// Something that can happen next.
    enum Event: Equatable {
        case answer(Message)
        case timer(WorkflowTimer)
        case signal(String, Int)
        case cancel
    }

    let id = WorkflowID(service: "shop.W", key: "w1")
    var environment: Environment
    var clock = Timestamp(microseconds: 1_800_000_000_000_000)
    var record: WorkflowRecord?
    /// All entries of all runs, as the table has them.
    var journal: [JournalEntry] = []
    var state: [UInt8]?
    var timers: Set<WorkflowTimer> = []
    var published: [OutgoingMessage] = []
    var answers: [WorkflowAnswer] = []
    /// The ids of signals that were taken, and whose senders wait for an answer of the code.
    var asking: [String] = []
    var pendingAnswers: [Message] = []
    /// Everything that was given to it, for giving it again.
    var delivered: [WorkflowInput] = []
    var signalsLeft: Int
    var isCancelLeft: Bool
    var activations = 0
    var limits = WorkflowLimits()
    private var extraSignals = 0

    init(_ environment: Environment, signals: Int = 0, isCancelled: Bool = false) {
        self.environment = environment
        // A slow machine must not change what a run leaves behind.
        limits.timePerActivation = .seconds(3600)
        signalsLeft = signals
        isCancelLeft = isCancelled
    }

    // MARK: Inputs

    static func call(_ data: [UInt8], id: String = "c1", key: String = "w1") -> Message {
        Message(
            id: id, type: "shop.W/run", source: "/http", time: Timestamp(microseconds: 0), key: key, data: data,
            extensions: MessageExtensions(replyTo: 3))
    }

    func input(_ event: Event) -> WorkflowInput {
        switch event {
        case .answer(let message): .answer(message)
        case .timer(let timer): .timer(timer)
        case .signal(let name, let number):
            .signal(
                Message(
                    id: "s\(number)", type: "shop.W/\(name)", source: "/http", time: clock, key: id.key,
                    data: Array("{\"n\":\(number)}".utf8), extensions: MessageExtensions(replyTo: 3)), method: name)
        case .cancel:
            .control(
                WorkflowOrder.cancel(reason: "enough", caller: nil).message(to: id, from: "/cli", at: clock).message)
        }
    }

    // MARK: Running

    /// Runs an activation without writing it.
    func attempt(_ inputs: [WorkflowInput], in other: Environment? = nil) -> WorkflowActivation {
        WorkflowActivation.run(
            inputs, of: id, record: record, state: state, environment: other ?? environment, now: clock, limits: limits)
    }

    /// Writes what an activation came to, as the transaction would.
    mutating func write(_ activation: WorkflowActivation, of inputs: [WorkflowInput]) {
        activations += 1
        var ignored: Set<WorkflowTimer> = []
        for (input, outcome) in zip(inputs, activation.outcomes) {
            if case .signal(let message, _, _) = input, case .taken(nil) = outcome { asking.append(message.id) }
            guard case .timer(let timer) = input, case .ignored = outcome else { continue }
            timers.remove(timer)
            ignored.insert(timer)
        }
        guard let effects = activation.effects else { return }
        if let write = effects.write {
            precondition(write.expectedSequence == record?.row.nextSequence ?? 0, "MF002")
            journal += write.entries
            for timer in write.timersRemoved {
                // What came before it in the activation may have ended it.
                precondition(timers.remove(timer) != nil || ignored.contains(timer), "no timer \(timer)")
            }
            // A workflow that is told to go on asks for its timers again, in case they are gone.
            let isRetried = write.entries.contains { $0.kind == .resumed || $0.kind == .upgraded }
            for timer in write.timersAdded {
                precondition(timers.insert(timer).inserted || isRetried, "twice \(timer)")
            }
            record = WorkflowRecord(record, after: write)
        }
        switch effects.state {
        case .unchanged: break
        case .set(let data): state = data
        case .deleted: state = nil
        }
        answers += effects.answers
        for message in effects.messages { publish(message) }
    }

    mutating func give(_ inputs: [WorkflowInput]) {
        delivered += inputs
        write(attempt(inputs), of: inputs)
    }

    /// Loses what is only in memory.
    mutating func forget() { record?.waitsFor = nil }

    // MARK: The others

    private mutating func publish(_ sent: OutgoingMessage) {
        published.append(sent)
        let message = sent.message
        if message.type == WorkflowOrder.messageType { return endChild(message) }
        guard let text = message.extensions.answerTo, let address = AnswerAddress(text) else { return }
        let number = TestCode.number(in: message.data)
        switch message.type {
        case "pay.P/fail": answer(address, error: "DECLINED", isRetryable: false)
        case "pay.P/flaky" where address.call.operation.attempt < 3: answer(address, error: "BUSY", isRetryable: true)
        default: answer(address, data: Array("{\"value\":\(number * 2 + 1)}".utf8), .ok)
        }
    }

    private mutating func answer(_ address: AnswerAddress, error code: String, isRetryable: Bool) {
        let error = MeshError(
            .failedPrecondition, "no", retryable: isRetryable, timestamp: clock, applicationCode: code)
        answer(address, data: Array(error.json.utf8), .error)
    }

    private mutating func answer(_ address: AnswerAddress, data: [UInt8], _ status: ReplyStatus) {
        pendingAnswers.append(
            Message(
                id: "a-\(address.call.operation)", type: "mesh.answer", source: "/pay.P", time: clock,
                key: address.workflow.key, data: data,
                extensions: MessageExtensions(status: status, operation: address.call.description)))
    }

    /// A child that was asked to end answers so, unless its answer was sent before.
    private mutating func endChild(_ message: Message) {
        guard case .cancel(_, let address?)? = try? WorkflowOrder(message.data) else { return }
        let operation = address.call.description
        guard let index = pendingAnswers.firstIndex(where: { $0.extensions.operation == operation }) else { return }
        pendingAnswers.remove(at: index)
        answer(address, error: "CANCELLED", isRetryable: false)
    }

    // MARK: Time

    /// What can happen now; where nothing else can, the signals that it waits for.
    var possible: [Event] {
        var events = pendingAnswers.map { Event.answer($0) }
        if let timer = nextTimer { events.append(.timer(timer)) }
        if signalsLeft > 0 { events.append(.signal(signalsLeft % 2 == 0 ? "approve" : "ask", signalsLeft)) }
        if isCancelLeft { events.append(.cancel) }
        if events.isEmpty, let waiting = record?.row.waitingFor {
            if waiting.contains("signal approve") { events.append(.signal("approve", 1000 + extraSignals)) }
            if waiting.contains("signal ask") { events.append(.signal("ask", 1000 + extraSignals)) }
        }
        return events
    }

    /// The next one to come due.
    var nextTimer: WorkflowTimer? {
        timers.min {
            ($0.due.microseconds, $0.operation.op, $0.kind.rawValue) < (
                $1.due.microseconds, $1.operation.op, $1.kind.rawValue
            )
        }
    }

    /// Takes an event out of what can happen; time goes on.
    mutating func take(_ event: Event) {
        clock.microseconds += 1000
        switch event {
        case .answer(let message): pendingAnswers.removeAll { $0 == message }
        case .timer(let timer): clock = max(clock, timer.due)
        case .signal:
            if signalsLeft > 0 { signalsLeft -= 1 } else { extraSignals += 1 }
        case .cancel: isCancelLeft = false
        }
    }

    var isOpen: Bool { record?.row.status == .running }

    /// Whether every sender of a signal with an answer has got one, and one alone.
    var hasAnsweredOnce: Bool {
        answers.filter { $0.callType == "shop.W/ask" }.map(\.callID).sorted() == asking.sorted()
    }

    /// What must be the same with faults and without.
    var result: SimulationResult {
        SimulationResult(
            status: record?.row.status.rawValue ?? "none", row: record?.row, journal: journal, state: state,
            published: published.map { message in
                var plain = message
                plain.message.id = ""
                plain.message.time = Timestamp(microseconds: 0)
                return plain
            }, answers: answers, timers: timers)
    }
}

/// Everything that a workflow left behind.
struct SimulationResult: Equatable {
    var status: String
    var row: WorkflowRow?
    var journal: [JournalEntry]
    var state: [UInt8]?
    var published: [OutgoingMessage]
    var answers: [WorkflowAnswer]
    var timers: Set<WorkflowTimer>
}
