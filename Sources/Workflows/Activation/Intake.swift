import MeshCore
import Outbox
import Wasm

/// Takes inputs into the journal, without running the code.
struct Intake<Environment: WorkflowEnvironment> {
    let id: WorkflowID
    let environment: Environment
    let now: Timestamp
    let limits: WorkflowLimits
    let state: [UInt8]?
    /// Nil where there is no such workflow.
    var draft: ActivationDraft?
    /// The code was seen suspended after the last activation.
    let wasSuspended: Bool

    init(
        id: WorkflowID, environment: Environment, now: Timestamp, limits: WorkflowLimits, state: [UInt8]?,
        record: WorkflowRecord?
    ) {
        self.id = id
        self.environment = environment
        self.now = now
        self.limits = limits
        self.state = state
        wasSuspended = record.map { $0.row.attempt == 0 && !($0.row.waitingFor?.hasPrefix("the ") ?? true) } ?? false
        guard let record else { return }
        let machine = WorkflowMachine(record.journal, nextSequence: record.row.nextSequence, at: now)
        // An ended workflow's journal may be gone already; its row still answers.
        let facts = StartFacts(json: machine.first?.details) ?? StartFacts(lostBy: id)
        draft = ActivationDraft(
            id, row: record.row, machine: machine, facts: facts, expectedSequence: record.row.nextSequence,
            state: state, waitsFor: record.waitsFor, now: now, limits: limits)
        draft?.isSuspended = wasSuspended
        draft?.pause = record.pause
    }

    mutating func take(_ input: WorkflowInput) -> WorkflowActivation.Outcome {
        guard draft != nil else { return takeWithout(input) }
        if case .control(let message) = input, let order = try? WorkflowOrder(message.data) {
            if case .upgrade(let digest) = order { return upgrade(to: digest) }
            if case .restart(let restart) = order { return self.restart(restart, by: message) }
        }
        let code = draft.flatMap { environment.code(of: id.service, digest: $0.row.digest) }
        if code == nil, needsCode(input) {
            return .failed(missing(draft?.row.digest ?? ""))
        }
        return draft?.take(input, code: code) ?? .ignored
    }

    /// Only the retry of a local step runs something right here.
    private func needsCode(_ input: WorkflowInput) -> Bool {
        guard case .timer(let timer) = input, timer.kind == .retry, let draft else { return false }
        return draft.machine.operation(timer.operation.op)?.kind == .local
    }

    private func missing(_ digest: String) -> MeshError {
        MeshError(
            .providerUnavailable, "the package \(digest.prefix(12)) of \(id.service) isn't on this worker yet",
            retryable: true)
    }

    // MARK: A workflow that doesn't exist

    private mutating func takeWithout(_ input: WorkflowInput) -> WorkflowActivation.Outcome {
        switch input {
        case .start(let message, let method): return start(message, method)
        case .signal, .control:
            return .refused(MeshError(.instanceNotFound, "there is no workflow \(id)"))
        case .answer, .timer: return .ignored
        }
    }

    private mutating func start(_ message: Message, _ method: String) -> WorkflowActivation.Outcome {
        guard let code = environment.currentCode(of: id.service) else { return .failed(missing("")) }
        if let deadline = message.extensions.deadline, deadline < now {
            return .refused(
                MeshError(
                    .deadlineExceeded, "the caller's deadline passed before the workflow could start", retryable: true))
        }
        let facts = StartFacts(of: message)
        let row = WorkflowRow(
            id: id, method: method, status: .running, run: 1, digest: code.digest, version: code.version,
            nextSequence: 1, parent: facts.caller.answerTo.flatMap { AnswerAddress($0)?.workflow }, startedAt: now,
            updatedAt: now)
        var draft = ActivationDraft(
            id, row: row, machine: WorkflowMachine([], nextSequence: 1, at: now), facts: facts, expectedSequence: 0,
            state: state, waitsFor: nil, now: now, limits: limits)
        draft.appendEvent(
            draft.entry(.started, name: method, request: message.data, details: facts.json))
        draft.wakes = true
        self.draft = draft
        return .taken(reply: nil)
    }
}

extension StartFacts {
    /// Stands in for facts that are gone.
    init(lostBy id: WorkflowID) {
        self.init(
            of: Message(id: "", type: id.service, source: "", time: Timestamp(microseconds: 0), key: nil, data: []))
        inputDigest = ""
        life = nil
    }
}
