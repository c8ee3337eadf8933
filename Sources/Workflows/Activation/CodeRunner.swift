import MeshCore
import Outbox
import Schemas
import Wasm

/// Runs a workflow's code on its journal and judges how that ended.
struct CodeRunner<Environment: WorkflowEnvironment> {
    private(set) var draft: ActivationDraft
    /// The length of the journal that the code ran over; nil where it didn't run.
    private(set) var replayedEntries: Int?
    let environment: Environment
    let wasSuspended: Bool

    init(draft: ActivationDraft, environment: Environment, wasSuspended: Bool) {
        self.draft = draft
        self.environment = environment
        self.wasSuspended = wasSuspended
    }

    /// So long a workflow waits for its package before it looks again.
    private static var packageWait: Int64 { 5_000_000 }

    mutating func run() {
        guard draft.row.status == .running, draft.wakes else { return }
        // After a crash its timer runs it again, not the next message.
        guard draft.row.attempt == 0 || draft.isAdvance else { return }
        if let due = restsUntil() { return rest(until: due) }
        guard let code = environment.code(of: draft.id.service, digest: draft.row.digest) else {
            return waitForPackage()
        }
        guard let method = code.workflow(draft.row.method) else {
            return getStuck(
                MeshError(.notFound, "the package \(draft.row.digest.prefix(12)) has no workflow \(draft.row.method)"))
        }
        replayedEntries = draft.machine.runLength
        let liveFrom = wasSuspended ? draft.pause?.firstUnseen ?? draft.expectedSequence : 0
        let session = WorkflowSession(draft, code: code, liveFrom: liveFrom)
        let request = GuestRequest.workflow(
            draft.row, draft.facts, input: draft.machine.first?.request, at: draft.machine.now, method, code.hasState,
            environment.randomSecret)
        let run = code.run(request, calls: session)
        judge(run, session, method, code)
        draft.add(logs: run.logs)
        warn()
    }

    private mutating func judge(
        _ run: GuestRun, _ session: WorkflowSession<Environment.Code>, _ method: WorkflowMethod,
        _ code: Environment.Code
    ) {
        switch run.outcome {
        case .suspended:
            draft = session.draft
            suspend(on: session.suspendedOn ?? [])
        case .stopped(let reason): stopped(session, reason)
        case .completed(let effects): completed(effects, session, code)
        case .failed(let failure): failed(failure, session)
        case .trapped(let trap):
            crash(.internalError, "the workflow crashed: \(trap.message)", session, method)
        case .deadlineExceeded(let text): crash(.deadlineExceeded, text, session, method)
        case .memoryExceeded(let text): crash(.resourceExhausted, text, session, method)
        case .badOutput(let text): getStuck(MeshError(.internalError, text))
        case .unavailable(let text): waitForPackage(text)
        }
    }

    // MARK: Suspended or stopped

    private mutating func suspend(on operations: [Int32]) {
        let text = draft.waitText(operations)
        if text != draft.row.waitingFor || draft.row.waitingSince == nil || draft.entriesByCode > 0 {
            draft.row.waitingSince = draft.now
        }
        draft.isChanged = draft.isChanged || draft.row.waitingFor != text
        draft.row.waitingFor = text
        draft.waitsFor = Set(operations)
        draft.pause = WorkflowPause(lastRun: draft.now, firstUnseen: draft.machine.nextSequence)
        calm()
    }

    // MARK: Rests

    /// Each run replays the whole journal. Code that waits for many things is let rest for about as long as that takes, while they
    /// come in: so its runs cost no more than the messages themselves, whatever number there is.
    private func restsUntil() -> Timestamp? {
        let limits = draft.limits
        guard wasSuspended, !draft.isAdvance, let pause = draft.pause,
            (draft.waitsFor?.count ?? 0) >= limits.restedOperations, draft.machine.runLength >= limits.restedEntries
        else { return nil }
        let rest = Int64(draft.machine.runLength) * limits.restPerEntry
        let due = pause.resumesAt ?? Timestamp(microseconds: pause.lastRun.microseconds + rest)
        return due > draft.now ? due : nil
    }

    private mutating func rest(until due: Timestamp) {
        guard draft.pause?.resumesAt == nil else { return }
        draft.pause?.resumesAt = due
        draft.add(draft.timer(.advance, op: 0, attempt: draft.row.attempt + 1, due: due))
    }

    /// The code ran: whatever crashed before is over.
    private mutating func calm() {
        if draft.row.attempt > 0 || draft.row.error != nil { draft.isChanged = true }
        draft.row.attempt = 0
        draft.row.error = nil
    }

    private mutating func stopped(_ session: WorkflowSession<Environment.Code>, _ reason: String) {
        switch session.stop {
        case .difference(let difference): getStuck(difference.error)
        case .bound:
            draft = session.draft
            calm()
            draft.waitsFor = nil
            draft.row.waitingFor = nil
            draft.row.waitingSince = nil
            draft.add(draft.timer(.advance, op: 0, due: draft.now))
        case .exhausted(let error):
            draft = session.draft
            draft.end(.threw, .failed, error: Array(error.json.utf8))
        case nil: getStuck(MeshError(.internalError, reason))
        }
    }

    // MARK: Ended

    private mutating func completed(
        _ effects: GuestEffects, _ session: WorkflowSession<Environment.Code>, _ code: Environment.Code
    ) {
        if let difference = session.draft.machine.endDifference("returns") { return getStuck(difference.error) }
        if let input = session.nextInput {
            draft = session.draft
            return draft.continueAsNew(input: input, isCancelKnown: session.isContinuedThoughCancelled)
        }
        let reply = effects.reply ?? WorkflowMachine.empty
        if let problem = code.problem(withAnswer: reply, of: draft.row.method) {
            return getStuck(
                MeshError(
                    .internalError,
                    "the answer of \(draft.id.service)/\(draft.row.method) doesn't fit the schema: \(problem)"))
        }
        draft = session.draft
        draft.end(.completed, .completed, result: reply)
    }

    private mutating func failed(_ failure: GuestFailure, _ session: WorkflowSession<Environment.Code>) {
        if let difference = session.draft.machine.endDifference("throws \(failure.code): \(failure.message)") {
            return getStuck(difference.error)
        }
        draft = session.draft
        let error = failure.meshError(at: draft.now)
        let isCancel = draft.machine.isCancelDelivered && failure.code == WorkflowErrorCode.cancelled
        draft.end(isCancel ? .cancelled : .threw, isCancel ? .cancelled : .failed, error: Array(error.json.utf8))
    }

    // MARK: Crashed

    /// What the code did is dropped; the events stay, and it is tried again.
    private mutating func crash(
        _ code: ErrorCode, _ message: String, _ session: WorkflowSession<Environment.Code>, _ method: WorkflowMethod
    ) {
        let error = MeshError(code, message, retryable: true, timestamp: draft.now)
        let attempt = draft.row.attempt + 1
        let retry = OperationRetry(
            retries: method.durable?.retries ?? draft.limits.crashRetries,
            backoff: method.durable?.backoff ?? .exponential)
        let seed = ActivationDraft.seed(draft.id.key, draft.row.run, 0, attempt)
        draft.isChanged = true
        draft.row.attempt = attempt
        guard let due = retry.due(afterAttempt: attempt, from: draft.now, seed: seed) else { return getStuck(error) }
        draft.row.error = Array(error.json.utf8)
        draft.row.waitingFor = "another attempt after a crash"
        draft.row.waitingSince = draft.now
        draft.waitsFor = nil
        draft.add(draft.timer(.advance, op: 0, attempt: attempt + 1, due: due))
    }

    private mutating func getStuck(_ error: MeshError) { draft.getStuck(error) }

    private mutating func waitForPackage(_ reason: String? = nil) {
        let text = reason.map { "the worker: \($0)" } ?? "the package \(draft.row.digest.prefix(12))"
        // One timer is enough, however many messages come.
        guard draft.row.waitingFor != text || draft.isAdvance else { return }
        draft.isChanged = true
        draft.row.waitingFor = text
        draft.row.waitingSince = draft.now
        draft.waitsFor = nil
        let due = Timestamp(microseconds: draft.now.microseconds + CodeRunner.packageWait)
        draft.add(draft.timer(.advance, op: 0, attempt: draft.row.attempt + 1, due: due))
    }

    /// Says once that a journal grows long.
    private mutating func warn() {
        let length = draft.machine.runLength
        let before = length - draft.machine.appended.count
        guard length >= draft.limits.warnedEntries, before < draft.limits.warnedEntries else { return }
        draft.logs.append(
            GuestLogLine(
                level: .warning,
                text:
                    "the journal of run \(draft.row.run) of \(draft.id) has \(length) entries; at \(draft.limits.entries) it fails: end a run in time with continueAsNew"
            ))
    }
}

extension GuestRequest {
    static func workflow(
        _ row: WorkflowRow, _ facts: StartFacts, input: [UInt8]?, at start: Timestamp, _ method: WorkflowMethod,
        _ hasState: Bool, _ secret: [UInt8]
    ) -> GuestRequest {
        GuestRequest(
            method: method.guestName, data: input ?? WorkflowMachine.empty,
            facts: MessageFacts(
                // The same for the whole run: random bytes follow from it.
                id: facts.name("\(facts.codeRun ?? row.run)", of: row.id.key), key: row.id.key,
                type: row.id.service + "/" + row.method,
                source: facts.source, caller: facts.service, principal: facts.principal?.text,
                traceparent: facts.caller.traceparent, service: row.id.service),
            now: start, randomSecret: secret, hasState: hasState, limits: method.limits)
    }
}

extension ActivationDraft {
    /// What operations wait for, for people.
    func waitText(_ operations: [Int32]) -> String {
        guard !operations.isEmpty else { return "its cancellation" }
        let some = operations.prefix(3).map { text(of: $0) }.joined(separator: " or ")
        return some + (operations.count > 3 ? " or \(operations.count - 3) more" : "")
    }

    private func text(of op: Int32) -> String {
        guard let state = machine.operation(op) else { return "operation \(op)" }
        let command = machine[state.command]
        switch state.kind {
        case .call: return "answer of \(command.name ?? "")"
        case .local: return "another attempt of \(command.name ?? "")"
        case .timer: return "timer"
        case .receive: return "signal \(command.name ?? "")"
        }
    }
}
