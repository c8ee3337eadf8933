import MeshCore
import Outbox
import Wasm

// What is recorded and done at once.

extension WorkflowSession {
    func handOut(
        _ kind: GuestMessage.Kind, name: String, key: String?, data: [UInt8], due: Timestamp?,
        check: () -> MessageDecision
    ) -> WorkflowDecision<Void> {
        let request = CommandRequest(kind == .emit ? .emit : .send, name: name, key: key, data: data)
        return command(request, recorded: { _ in }) {
            guard !(key?.utf8.contains(0) ?? false) else { return refuse(request, .invalid, "a key has no zero bytes") }
            switch check() {
            case .accepted(let decided, _):
                let messageID = MessageID.make(at: draft.now)
                draft.appendCommand(
                    draft.entry(request.kind, name: name, key: kind == .emit ? decided : key, request: data, due: due))
                draft.messages.append(
                    OutgoingMessage(
                        Message(
                            id: messageID, type: name, source: draft.address, time: draft.now,
                            key: decided ?? messageID, data: data,
                            extensions: MessageExtensions(
                                traceparent: draft.facts.caller.traceparent, due: due, caller: draft.id.service))))
                return .proceed(())
            case .denied(let reason): return refuse(request, .notAllowed, reason)
            case .invalid(let reason): return refuse(request, .invalid, reason)
            }
        }
    }

    func isPatched(_ name: String) -> WorkflowDecision<Bool> {
        if name.isEmpty || name.utf8.contains(0) { return .refuse(.invalid, "a patch needs a name") }
        if let known = draft.machine.isPatched(name) { return .proceed(known) }
        if let bound = bound(.patch) { return stop(bound) }
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
        let current = draft.machine.first?.request
        switch code.checkNext(input, after: current, of: draft.id, method: draft.row.method) {
        case .accepted:
            nextInput = input
            isContinuedThoughCancelled = draft.machine.isCancelDelivered
            return .proceed(())
        case .denied(let reason): return .refuse(.notAllowed, reason)
        case .invalid(let reason): return .refuse(.invalid, reason)
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

    func reply(to operation: Int32, isError: Bool, data: [UInt8]) -> WorkflowDecision<Void> {
        if let problem = draft.machine.problem(withReplyTo: operation) { return .refuse(.invalid, problem) }
        let request = CommandRequest(replyTo: operation, isError: isError, data: data)
        let decision = command(request, recorded: { _ in }) { () -> WorkflowDecision<Void> in
            let name = draft.machine.signal(of: operation).flatMap { draft.machine[$0].name } ?? ""
            if let (kind, reason) = code.refusal(ofReply: data, isError: isError, to: name, of: draft.id.service) {
                return refuse(request, kind, reason)
            }
            draft.answer(request)
            return .proceed(())
        }
        if case .proceed = decision { draft.machine.replied.insert(operation) }
        return decision
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
}
