import MeshCore
import Outbox
import Schemas
import Wasm

// What the code begins and may wait for: calls, local steps, timers, signals.

extension WorkflowSession {
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
        guard let wait = Int64(String(decoding: request.data ?? [], as: UTF8.self)), wait >= 0 else {
            return refuse(request, .invalid, "a timer's data are microseconds, a whole number, 0 or more")
        }
        guard wait <= Timestamp.longestDelay else {
            return refuse(
                request, .invalid,
                "a timer is due within 100 years, and this one after \(wait / 86_400_000_000) days; to wait without an end, receive a signal"
            )
        }
        let op = nextOperation
        var due = Timestamp(microseconds: draft.now.microseconds + wait)
        // The wait was counted from the code's clock, which may be behind: after a reset, or while the code couldn't run.
        if let until = options.until { due = max(draft.now, min(due, Timestamp(microseconds: until))) }
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
        if name == OutsideService.fetch, options.isDetached {
            return refuse(
                request, .notAllowed, "a call to the outside is waited for: nobody else would hear what came of it")
        }
        var details = CommandDetails()
        details.hasGivenKey = request.key != nil
        details.role = options.role
        let isOwn = name.hasPrefix(draft.id.service + "/")
        if isOwn, target.role == .handler || target.role == .query, !options.isDetached,
            target.key == nil || target.key == draft.id.key
        {
            let policy = target.durable.map { OperationRetry(retries: $0.retries, backoff: $0.backoff) }
            details.retry = options.retry(over: policy ?? .undeclared)
            return beginLocal(request, options, details)
        }
        if isOwn, target.role == .workflow, target.key == draft.id.key {
            return refuse(
                request, .notAllowed, "the workflow \(draft.id) can't wait for itself; give the child a key of its own")
        }
        details.isChild = target.role == .workflow
        // A workflow that has ended has ended: another attempt would only hear of it again.
        details.retry = details.isChild ? nil : options.retry(over: nil)
        details.parentClose = options.parentClose
        details.isDetached = options.isDetached
        // A key that is made here is recorded, so that every attempt is for the same one.
        let made = details.isChild ? draft.madeKey(of: nextOperation) : MessageID.make(at: draft.now)
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
            entry.due = options.deadline.map { Timestamp(microseconds: draft.now.microseconds + $0) }
            draft.appendCommand(entry)
            if draft.fail(op, error: Array(error.json.utf8), isRetryable: error.retryable), let due = entry.due {
                draft.add(draft.timer(.deadline, op: op, due: due))
            }
        }
        return .proceed(op)
    }
}

extension OperationRetry {
    /// Of a method without `@durable`: only errors that it calls retryable itself.
    fileprivate static var undeclared: OperationRetry {
        var retry = OperationRetry(retries: 3)
        retry.retriesCrashes = false
        return retry
    }
}
