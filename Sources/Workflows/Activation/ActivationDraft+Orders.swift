import MeshCore
import Outbox

// What operators, parents and schedules order.

extension ActivationDraft {
    mutating func order(_ order: WorkflowOrder) throws(MeshError) -> WorkflowActivation.Outcome {
        switch order {
        case .cancel(let reason, let caller):
            if let caller, !isStarter(caller) { return leave(caller, reason) }
            try checkOpen("cancelled")
            // Delivered once.
            if machine.cancelRequest == nil {
                appendEvent(entry(.cancelRequested, request: ActivationDraft.reason(reason)))
                wakes = true
            }
            return .taken(reply: WorkflowMachine.empty)
        case .terminate(let reason, let caller):
            if let caller, !isStarter(caller) { return leave(caller, reason) }
            try checkOpen("terminated")
            let error = MeshError(
                .failedPrecondition, reason ?? "it was terminated", timestamp: now,
                applicationCode: WorkflowErrorCode.terminated)
            end(.terminated, .terminated, error: Array(error.json.utf8))
            return .taken(reply: WorkflowMachine.empty)
        case .retry:
            try checkOpen("tried again")
            guard row.status == .stuck || row.attempt > 0 else {
                throw MeshError(.failedPrecondition, "the workflow \(id) isn't stuck; it is \(row.status.rawValue)")
            }
            appendEvent(entry(.resumed))
            unstick()
            return .taken(reply: WorkflowMachine.empty)
        case .reset(let sequence): return try reset(to: sequence)
        case .upgrade, .restart:
            // They need code: see `Intake`.
            return .ignored
        }
    }

    func checkOpen(_ what: String) throws(MeshError) {
        guard row.status.isOpen else {
            throw MeshError(
                .failedPrecondition, "the workflow \(id) is \(row.status.rawValue); it can't be \(what)")
        }
    }

    /// The code is to run again.
    mutating func unstick() {
        row.status = .running
        row.attempt = 0
        row.error = nil
        runAtOnce()
        // One that fired when what it led to couldn't be written is gone from the table; those that are there stay.
        for op in machine.operations.indices.map({ Int32($0 + 1) }) {
            for timer in openTimers(of: op) { add(timer) }
        }
    }

    /// Whatever the code was last seen waiting for: it may be other code now, that begins or waits for something else.
    mutating func runAtOnce() {
        waitsFor = nil
        wakes = true
        isAdvance = true
    }

    static func reason(_ reason: String?) -> [UInt8]? { reason.map { Array(JSONText.string($0).utf8) } }

    // MARK: Callers

    /// Whether the call of `caller` began the workflow, or is one of a later run of the workflow whose call did: reset, it calls again what has gone on.
    private func isStarter(_ caller: AnswerAddress) -> Bool {
        guard let starter = facts.caller.answerTo.flatMap({ AnswerAddress($0) }) else { return false }
        if caller.isSameCall(as: starter) { return true }
        return caller.isOfSameLife(as: starter) && caller.call.operation.run > starter.call.operation.run
            && waiting(as: caller) != nil
    }

    /// Who joined with this call.
    private func waiting(as address: AnswerAddress) -> WorkflowCaller? {
        joinedCallers.first { $0.answerTo.flatMap { AnswerAddress($0) }?.isSameCall(as: address) ?? false }
    }

    /// A parent that only joined gives up its call; the workflow goes on for whoever began it.
    private mutating func leave(_ address: AnswerAddress, _ reason: String?) -> WorkflowActivation.Outcome {
        guard row.status.isOpen, let caller = waiting(as: address) else { return .ignored }
        let error = MeshError.workflowCancelled(reason ?? "its caller gave it up", at: now)
        answers.append(caller.answer(.error, Array(error.json.utf8)))
        return .taken(reply: WorkflowMachine.empty)
    }
}
