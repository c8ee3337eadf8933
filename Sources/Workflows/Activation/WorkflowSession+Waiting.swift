import Outbox
import Wasm

// Waiting for operations, asking how they ended, giving them up.

extension WorkflowSession {
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

    func outcome(of operation: Int32) -> WorkflowOutcome? { draft.machine.outcome(of: operation) }

    func cancel(_ operation: Int32) -> WorkflowDecision<Void> {
        guard operation > 0, operation <= draft.machine.begun else {
            return .refuse(.invalid, "operation \(operation) hasn't been begun")
        }
        var details = CommandDetails()
        switch draft.machine.givingUp(operation) {
        case .over: return .proceed(())
        case .cancel: break
        case .giveBack(let receivers): details.returned = receivers
        }
        return command(CommandRequest(.cancel, op: operation), recorded: { _ in }) {
            let timers = draft.openTimers(of: operation)
            let wasAsked = draft.machine.operation(operation)?.isCancelling ?? false
            let completed = draft.appendCommand(draft.entry(.cancel, op: operation, details: details.json))
            if completed == operation {
                for timer in timers { draft.remove(timer) }
            } else if !wasAsked, draft.machine.operation(operation)?.isCancelling ?? false {
                draft.close(child: operation, as: .cancel, reason: "its parent gave it up")
            }
            return .proceed(())
        }
    }
}
