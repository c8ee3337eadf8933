import MeshCore
import Outbox
import Schemas
import Wasm

/// Answers a workflow's code while it runs: from the journal as long as that says something, else by doing what is asked, into the draft.
final class WorkflowSession<Code: WorkflowCode>: WorkflowCalls {
    /// Why the code was stopped.
    enum Stop {
        case difference(WorkflowDifference)
        /// It has done enough for one activation.
        case bound
        case exhausted(MeshError)
    }

    private(set) var draft: ActivationDraft
    private let code: Code
    private(set) var stop: Stop?
    /// What the code waits for, once it is suspended.
    private(set) var suspendedOn: [Int32]?
    private(set) var nextInput: [UInt8]?
    /// Until the code knows more than that, it has logged its lines before.
    private let liveFrom: Int64
    private let begunAt = ContinuousClock.now

    /// - Parameter liveFrom: the sequence of the first entry that a suspended code hasn't seen; 0 for code that wasn't suspended.
    init(_ draft: ActivationDraft, code: Code, liveFrom: Int64) {
        self.draft = draft
        self.code = code
        self.liveFrom = liveFrom
        self.draft.machine.rewind()
    }

    var now: Timestamp { draft.machine.now }
    var run: Int32 { draft.row.run }
    var isReplaying: Bool { draft.machine.isReplaying || draft.machine.horizon < liveFrom }

    var cancelReason: String? { draft.machine.cancelReason }

    // MARK: Stops

    private func stop<Value>(_ reason: Stop) -> WorkflowDecision<Value> {
        stop = reason
        switch reason {
        case .difference(let difference): return .stop(difference.description)
        case .bound: return .stop("the bound of one activation is reached")
        case .exhausted(let error): return .stop(error.message)
        }
    }

    /// Whether something new may be appended.
    private func bound() -> Stop? {
        let limits = draft.limits
        if draft.machine.runLength >= limits.entries {
            return .exhausted(
                MeshError(
                    .resourceExhausted,
                    "the journal of run \(run) has \(draft.machine.runLength) entries, which is the limit; end a run in time with continueAsNew"
                ))
        }
        if draft.entriesByCode >= limits.entriesPerActivation || draft.bytesByCode >= limits.bytesPerActivation {
            return .bound
        }
        // However long the replay took, each activation gets further.
        if draft.entriesByCode > 0, ContinuousClock.now - begunAt > limits.timePerActivation { return .bound }
        return nil
    }

    /// Answers a command from the journal (`recorded`), or makes it (`new`).
    private func command<Value>(
        _ request: CommandRequest, recorded: (JournalEntry) -> Value, new: () -> WorkflowDecision<Value>
    ) -> WorkflowDecision<Value> {
        switch draft.machine.match(request) {
        case .recorded(let place):
            let entry = draft.machine[place]
            if let refusal = CommandDetails.refusal(entry.details) { return .refuse(refusal.kind, refusal.reason) }
            return .proceed(recorded(entry))
        case .difference(let difference): return stop(.difference(difference))
        case .new:
            if let bound = bound() { return stop(bound) }
            return new()
        }
    }

    /// A refusal is a decision as well: every replay gives the same one.
    private func refuse<Value>(_ request: CommandRequest, _ kind: WorkflowRefusal, _ reason: String)
        -> WorkflowDecision<Value>
    {
        var details = CommandDetails()
        details.hasGivenKey = request.key != nil && request.kind == .call
        details.refusal = CommandDetails.Refusal(
            kind: kind, reason: reason, digest: SHA256.hex(request.data ?? []))
        draft.appendCommand(
            draft.entry(
                request.kind, name: request.name?.withoutZeros, key: request.key?.withoutZeros, details: details.json))
        return .refuse(kind, reason)
    }

    // MARK: Operations

    func begin(_ command: GuestCommand) -> WorkflowDecision<Int32> {
        let request = CommandRequest(command)
        return self.command(request, recorded: \.op) {
            let options: CommandOptions
            do throws(CommandOptions.Problem) {
                options = try CommandOptions(command.options)
            } catch {
                return refuse(request, .invalid, error.text)
            }
            guard draft.machine.openOperationCount < draft.limits.openOperations else {
                return refuse(
                    request, .limit, "\(draft.machine.openOperationCount) operations are open; that is the limit")
            }
            switch command.kind {
            case .call: return beginCall(request, options)
            case .timer: return beginTimer(request, options)
            case .receive: return beginReceive(request, options)
            }
        }
    }

    private var nextOperation: Int32 { Int32(draft.machine.operations.count + 1) }

    private func beginTimer(_ request: CommandRequest, _ options: CommandOptions) -> WorkflowDecision<Int32> {
        guard let wait = Int64(String(decoding: request.data ?? [], as: UTF8.self)),
            (0...OperationRetry.delayLimit).contains(wait)
        else {
            return refuse(request, .invalid, "a timer's data are microseconds from 0 to \(OperationRetry.delayLimit)")
        }
        let op = nextOperation
        let due = Timestamp(microseconds: draft.now.microseconds + wait)
        var details = CommandDetails()
        details.role = options.role
        draft.appendCommand(
            draft.entry(
                .timer, op: op, label: options.label, request: request.data, details: details.json, due: due))
        draft.add(draft.timer(.sleep, op: op, due: due))
        return .proceed(op)
    }

    private func beginReceive(_ request: CommandRequest, _ options: CommandOptions) -> WorkflowDecision<Int32> {
        guard let name = request.name, code.hasSignal(name) else {
            return refuse(request, .notAllowed, "\(draft.id.service) has no @signal method \"\(request.name ?? "")\"")
        }
        let op = nextOperation
        var details = CommandDetails()
        details.role = options.role
        draft.appendCommand(
            draft.entry(.receive, op: op, name: name, label: options.label, details: details.json))
        return .proceed(op)
    }

    private func beginCall(_ request: CommandRequest, _ options: CommandOptions) -> WorkflowDecision<Int32> {
        guard let name = request.name, !(request.key?.utf8.contains(0) ?? false) else {
            return refuse(request, .invalid, "a key has no zero bytes")
        }
        let target: CallTarget
        switch code.checkCall(target: name, key: request.key, data: request.data ?? []) {
        case .accepted(let accepted): target = accepted
        case .denied(let reason): return refuse(request, .notAllowed, reason)
        case .invalid(let reason): return refuse(request, .invalid, reason)
        }
        var details = CommandDetails()
        details.hasGivenKey = request.key != nil
        details.role = options.role
        let isOwn = name.hasPrefix(draft.id.service + "/")
        if isOwn, target.role == .handler || target.role == .query, !options.isDetached,
            target.key == nil || target.key == draft.id.key
        {
            let policy = target.durable.map { OperationRetry(retries: $0.retries, backoff: $0.backoff) }
            details.retry = options.retry(over: policy ?? OperationRetry(retries: DurablePolicy.undeclaredRetries))
            return beginLocal(request, options, details)
        }
        if isOwn, target.role == .workflow, target.key == draft.id.key {
            return refuse(
                request, .notAllowed, "the workflow \(draft.id) can't wait for itself; give the child a key of its own")
        }
        details.retry = options.retry(over: nil)
        details.isChild = target.role == .workflow
        details.parentClose = options.parentClose
        details.isDetached = options.isDetached
        // A key that is made here is recorded, so that every attempt is for the same one.
        let made = details.isChild ? "\(draft.id.key)/\(run).\(nextOperation)" : MessageID.make(at: draft.now)
        let key = target.key ?? made
        // The record would be a dead letter, and nobody would answer.
        if let problem = MessageKey.problem(key.utf8) {
            return refuse(request, .invalid, "the key of the child \(problem); give it a key of its own")
        }
        beginRemote(request, options, details, key: key)
        return .proceed(Int32(draft.machine.operations.count))
    }

    private func beginRemote(
        _ request: CommandRequest, _ options: CommandOptions, _ details: CommandDetails, key: String
    ) {
        let op = nextOperation
        let due = options.deadline.map { Timestamp(microseconds: draft.now.microseconds + $0) }
        draft.appendCommand(
            draft.entry(
                .call, op: op, name: request.name, label: options.label, key: key, request: request.data,
                result: details.isDetached ? WorkflowMachine.empty : nil,
                details: details.json, due: details.isDetached ? nil : due))
        draft.send(op, attempt: 1)
        if let due, !details.isDetached { draft.add(draft.timer(.deadline, op: op, due: due)) }
    }

    /// Runs the step at once, in its own sandbox: its entry is appended afterwards, with what came of it.
    private func beginLocal(_ request: CommandRequest, _ options: CommandOptions, _ details: CommandDetails)
        -> WorkflowDecision<Int32>
    {
        let op = nextOperation
        var entry = draft.entry(
            .local, op: op, name: request.name, label: options.label, key: draft.id.key, request: request.data,
            details: details.json)
        switch draft.runLocal(op, entry, attempt: 1, code) {
        case .success(let answer):
            entry.result = answer.reply
            entry.state = answer.state
            draft.appendCommand(entry)
        case .failure(let error):
            draft.appendCommand(entry)
            _ = draft.fail(op, error: Array(error.json.utf8), isRetryable: error.retryable)
        }
        return .proceed(op)
    }

    func wait(forAnyOf operations: [Int32]) -> WorkflowDecision<Int?> {
        switch draft.machine.wait(forAnyOf: operations) {
        case .completed(let place): return .proceed(place)
        case .cancelled: return .proceed(nil)
        case .nothing:
            suspendedOn = operations
            return .suspend
        case .unknown(let op): return .refuse(.invalid, "operation \(op) hasn't been begun")
        case .difference(let difference): return stop(.difference(difference))
        }
    }

    func makeGroup() -> WorkflowDecision<Int32> {
        guard draft.machine.groups.count < draft.limits.groups else {
            return .refuse(.limit, "\(draft.machine.groups.count) groups were made; that is the limit of a run")
        }
        return .proceed(draft.machine.makeGroup())
    }

    func add(_ operation: Int32, to group: Int32) -> WorkflowDecision<Void> {
        draft.machine.add(operation, to: group).map { .refuse(.invalid, $0) } ?? .proceed(())
    }

    func next(of group: Int32, orAnyOf operations: [Int32]) -> WorkflowDecision<GroupNext> {
        switch draft.machine.next(of: group, orAnyOf: operations) {
        case .told(let next): return .proceed(next)
        case .nothing(let open):
            suspendedOn = open
            return .suspend
        case .unknown(let reason): return .refuse(.invalid, reason)
        case .difference(let difference): return stop(.difference(difference))
        }
    }

    func close(signal name: String) -> WorkflowDecision<Void> {
        let request = CommandRequest(.closed, name: name)
        return command(request, recorded: { _ in }) {
            guard code.hasSignal(name) else {
                return refuse(request, .notAllowed, "\(draft.id.service) has no @signal method \"\(name)\"")
            }
            draft.appendCommand(draft.entry(.closed, name: name))
            return .proceed(())
        }
    }

    func configuration(_ name: String, value: () -> String?) -> WorkflowDecision<String?> {
        // Texts in Postgres have no zero bytes, and names of values neither.
        if name.utf8.contains(0) { return .proceed(nil) }
        if let known = draft.machine.knownConfiguration(name) { return .proceed(known) }
        let decision: WorkflowDecision<String?> = command(
            CommandRequest(.config, name: name), recorded: { ConfigurationValue.read($0.result) }
        ) {
            let value = value()
            draft.appendCommand(draft.entry(.config, name: name, result: ConfigurationValue.json(value)))
            return .proceed(value)
        }
        if case .proceed(let value) = decision { draft.machine.setConfiguration(name, value) }
        return decision
    }

    func outcome(of operation: Int32) -> WorkflowOutcome? { draft.machine.outcome(of: operation) }

    func cancel(_ operation: Int32) -> WorkflowDecision<Void> {
        guard operation > 0, operation <= draft.machine.begun else {
            return .refuse(.invalid, "operation \(operation) hasn't been begun")
        }
        // Nothing to record: the code knows that it is over.
        if draft.machine.isKnownComplete(operation) { return .proceed(()) }
        return command(CommandRequest(.cancel, op: operation), recorded: { _ in }) {
            let timers = draft.openTimers(of: operation)
            let wasAsked = draft.machine.operation(operation)?.isCancelling ?? false
            let completed = draft.appendCommand(draft.entry(.cancel, op: operation))
            if completed == operation {
                for timer in timers { draft.remove(timer) }
            } else if !wasAsked, draft.machine.operation(operation)?.isCancelling ?? false {
                draft.close(child: operation, as: .cancel, reason: "its parent gave it up")
            }
            return .proceed(())
        }
    }

    // MARK: What is recorded and done at once

    func handOut(
        _ kind: GuestMessage.Kind, name: String, key: String?, data: [UInt8], check: () -> MessageDecision
    ) -> WorkflowDecision<Void> {
        let request = CommandRequest(kind == .emit ? .emit : .send, name: name, key: key, data: data)
        return command(request, recorded: { _ in }) {
            guard !(key?.utf8.contains(0) ?? false) else { return refuse(request, .invalid, "a key has no zero bytes") }
            switch check() {
            case .accepted(let decided, _):
                let messageID = MessageID.make(at: draft.now)
                draft.appendCommand(
                    draft.entry(request.kind, name: name, key: kind == .emit ? decided : key, request: data))
                draft.messages.append(
                    OutgoingMessage(
                        Message(
                            id: messageID, type: name, source: draft.address, time: draft.now,
                            key: decided ?? messageID, data: data,
                            extensions: MessageExtensions(
                                traceparent: draft.facts.caller.traceparent, caller: draft.id.service))))
                return .proceed(())
            case .denied(let reason): return refuse(request, .notAllowed, reason)
            case .invalid(let reason): return refuse(request, .invalid, reason)
            }
        }
    }

    func isPatched(_ name: String) -> WorkflowDecision<Bool> {
        if name.isEmpty || name.utf8.contains(0) { return .refuse(.invalid, "a patch needs a name") }
        if let known = draft.machine.isPatched(name) { return .proceed(known) }
        if let bound = bound() { return stop(bound) }
        draft.appendCommand(draft.entry(.patch, name: name))
        draft.machine.setPatched(name)
        return .proceed(true)
    }

    func readState() -> WorkflowDecision<[UInt8]?> {
        command(CommandRequest(.read), recorded: \.result) {
            draft.appendCommand(draft.entry(.read, result: draft.state))
            return .proceed(draft.state)
        }
    }

    func writeState(_ state: [UInt8]?, check: () -> StateDecision) -> WorkflowDecision<Void> {
        let request = CommandRequest(.write, data: state)
        return command(request, recorded: { _ in }) {
            if state != nil, case .invalid(let reason) = check() { return refuse(request, .invalid, reason) }
            draft.appendCommand(draft.entry(.write, request: state))
            draft.set(state: state.map { .set($0) } ?? .deleted)
            return .proceed(())
        }
    }

    func continueAsNew(_ input: [UInt8]) -> WorkflowDecision<Void> {
        // No command: what replays is the end of the run.
        switch code.checkCall(target: draft.id.service + "/" + draft.row.method, key: draft.id.key, data: input) {
        case .accepted:
            nextInput = input
            return .proceed(())
        case .denied(let reason): return .refuse(.notAllowed, reason)
        case .invalid(let reason): return .refuse(.invalid, reason)
        }
    }
}

extension DurablePolicy {
    /// How often a method without `@durable` is tried again when it calls its error retryable.
    static let undeclaredRetries = 3
}

extension String {
    /// Texts in Postgres have no zero bytes.
    fileprivate var withoutZeros: String { String(unicodeScalars.filter { $0 != "\0" }) }
}
