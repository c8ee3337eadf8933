import MeshCore
import Outbox
import Wasm

// Inputs of a workflow that exists.

extension ActivationDraft {
    /// Takes the event of an input; `code` runs the retries of local steps.
    mutating func take(_ input: WorkflowInput, code: (any WorkflowCode)?) -> WorkflowActivation.Outcome {
        switch input {
        case .start(let message, let method): return join(message, method)
        case .signal(let message, let method, let isAnswered):
            return signal(message, method, isAnswered: code.map { $0.answers(signal: method) } ?? isAnswered)
        case .answer(let message): return answer(message)
        case .timer(let timer): return fire(timer, code)
        case .control(let message):
            do throws(MeshError) {
                return try order(WorkflowOrder(message.data))
            } catch {
                return .refused(error)
            }
        }
    }

    // MARK: Calls

    /// A second start: the first one's answer is its answer as well.
    private mutating func join(_ message: Message, _ method: String) -> WorkflowActivation.Outcome {
        guard method == row.method, facts.began(with: message.data) else {
            return .refused(
                MeshError(
                    .conflict,
                    "the workflow \(id) exists already, "
                        + (method == row.method ? "with another input" : "as \(row.method)")
                        + "; give it another id, or the same input to get the same answer"))
        }
        let caller = WorkflowCaller(of: message)
        guard row.status.isOpen else {
            if let error = row.error, row.status != .completed {
                answers.append(caller.answer(.error, error))
                return .taken(reply: nil)
            }
            return .taken(reply: row.result ?? WorkflowMachine.empty)
        }
        guard caller.wantsAnswer else { return .taken(reply: nil) }
        let bound = boundOfCallers(
            at: machine.joined, waiting: "callers wait for \(id) already",
            ofRun: "callers have joined run \(row.run) of \(id), which is the limit")
        if let bound { return .refused(bound) }
        appendEvent(entry(.joined, name: message.type, details: caller.json))
        return .taken(reply: nil)
    }

    private mutating func signal(_ message: Message, _ method: String, isAnswered: Bool) -> WorkflowActivation.Outcome {
        guard row.status.isOpen else {
            return .refused(
                MeshError(.failedPrecondition, "the workflow \(id) is \(row.status.rawValue); it takes no signals"))
        }
        guard !machine.isClosed(signal: method) else {
            return .refused(
                MeshError(
                    .failedPrecondition, "the workflow \(id) takes no more `\(method)`: it has closed the channel"))
        }
        guard machine.earlySignalCount < limits.earlySignals else {
            return .refused(
                MeshError(
                    .resourceExhausted,
                    "\(machine.earlySignalCount) signals wait for the workflow \(id) to receive them; that is the limit",
                    retryable: true))
        }
        let sender = WorkflowCaller(of: message)
        let asks = isAnswered && sender.wantsAnswer
        if asks {
            let bound = boundOfCallers(
                at: machine.asking,
                waiting: "senders of signals wait for answers of the workflow \(id); that is the limit",
                ofRun: "senders of signals have no answer in run \(row.run) of \(id); that is the limit")
            if let bound { return .refused(bound) }
        }
        appendEvent(entry(.signal, name: method, request: message.data, details: asks ? sender.json : nil))
        return .taken(reply: isAnswered ? nil : WorkflowMachine.empty)
    }

    // MARK: Answers

    private mutating func answer(_ message: Message) -> WorkflowActivation.Outcome {
        guard row.status.isOpen, let call = message.extensions.operation.flatMap({ CallReference($0) }),
            call.isOf(life: facts.life), case let operation = call.operation, isCurrent(operation),
            let state = machine.operation(operation.op), state.isOpen, state.kind == .call,
            state.attempt == operation.attempt, state.retryDue == nil
        else { return .ignored }
        if message.extensions.status == .error {
            let isRetryable = JSONMembers(message.data)?.raw("retryable") == "true"
            _ = fail(operation.op, error: message.data, isRetryable: isRetryable)
        } else {
            appendEvent(entry(.answered, op: operation.op, result: message.data, attempt: state.attempt))
        }
        return .taken(reply: nil)
    }

    /// Whether it is of this run, or was taken over into it by a reset.
    private func isCurrent(_ operation: WorkflowOperation) -> Bool {
        operation.run == row.run
            || facts.resets.contains { $0.run == operation.run && operation.op <= $0.operations }
    }

    // MARK: Timers

    private mutating func fire(_ timer: WorkflowTimer, _ code: (any WorkflowCode)?) -> WorkflowActivation.Outcome {
        let operation = timer.operation
        guard row.status.isOpen, operation.run == row.run else { return .ignored }
        if timer.kind == .advance { return advance(timer) }
        guard let state = machine.operation(operation.op), state.isOpen, openTimers(of: operation.op).contains(timer)
        else { return .ignored }
        remove(timer)
        switch timer.kind {
        case .sleep: appendEvent(entry(.fired, op: operation.op))
        case .deadline: expire(operation.op)
        case .retry: retry(operation.op, state, code)
        case .advance, .schedule: return .ignored
        }
        return .taken(reply: nil)
    }

    /// The code goes on after a crash or a rest, or where it reached the bound of an activation.
    private mutating func advance(_ timer: WorkflowTimer) -> WorkflowActivation.Outcome {
        // Whether suspended code was let rest, only its owner's memory knows.
        let isWanted = !isSuspended || waitsFor == nil || pause?.resumesAt != nil
        guard row.status == .running, timer.operation.attempt == row.attempt + 1, isWanted else { return .ignored }
        remove(timer)
        wakes = true
        isAdvance = true
        return .taken(reply: nil)
    }

    private mutating func expire(_ op: Int32) {
        guard let state = machine.operation(op) else { return }
        let command = machine[state.command]
        let details = CommandDetails(json: command.details)
        // Nobody waits for the child's end any more.
        if details.isChild, state.retryDue == nil {
            close(child: op, as: details.parentClose, reason: "the deadline of its caller passed")
        }
        let error = MeshError(
            .deadlineExceeded, "\(command.name ?? "the call") didn't answer in time", timestamp: now)
        appendEvent(entry(.failed, op: op, result: Array(error.json.utf8), attempt: state.attempt))
    }

    private mutating func retry(_ op: Int32, _ state: OperationState, _ code: (any WorkflowCode)?) {
        switch state.kind {
        case .call:
            appendEvent(entry(.fired, op: op, attempt: state.attempt))
            send(op, attempt: state.attempt)
        case .local:
            let command = machine[state.command]
            guard let code else { return }
            switch runLocal(op, command, attempt: state.attempt, code) {
            case .success(let answer):
                appendEvent(
                    entry(.answered, op: op, result: answer.reply, state: answer.state, attempt: state.attempt))
            case .failure(let error):
                _ = fail(op, error: Array(error.json.utf8), isRetryable: error.retryable)
            }
        case .timer, .receive: return
        }
    }

    /// What a local step came to: its answer, and the state after it for the journal, where it changed that.
    struct LocalAnswer {
        var reply: [UInt8]
        var state: [UInt8]?

        /// Larger states aren't repeated in the journal.
        private static let stateLimit = 16 << 10

        init(_ reply: [UInt8], _ change: StateChange) {
            self.reply = reply
            switch change {
            case .unchanged: state = nil
            case .set(let data) where data.count <= LocalAnswer.stateLimit: state = data
            case .set(let data): state = Array("\"a state of \(data.count) bytes\"".utf8)
            case .deleted: state = Array("null".utf8)
            }
        }
    }

    /// Runs an attempt of a local step and takes over its effects.
    mutating func runLocal(_ op: Int32, _ command: JournalEntry, attempt: Int32, _ code: any WorkflowCode)
        -> Result<LocalAnswer, MeshError>
    {
        let name = command.name ?? ""
        let method = name.firstIndex(of: "/").map { String(name[name.index(after: $0)...]) } ?? name
        let step = LocalStep(
            id: facts.name("\(row.run).\(op)", of: id.key), workflow: id, method: method,
            data: command.request ?? WorkflowMachine.empty, state: state, attempt: Int(attempt), now: now,
            traceparent: facts.caller.traceparent, principal: facts.principal,
            retriesCrashes: CommandDetails(json: command.details).retry?.retriesCrashes ?? true)
        switch code.run(step) {
        case .done(let reply, let change, let sent, let lines):
            set(state: change)
            messages += sent
            // They are written with the entries.
            bytesByCode += sent.reduce(0) { $0 + 200 + $1.message.data.count }
            add(logs: lines)
            return .success(LocalAnswer(reply, change))
        case .failed(let error, let lines):
            add(logs: lines)
            return .failure(error)
        }
    }
}
