import MeshCore
import Schemas
import Wasm

/// What the end of a guest's run means for its message.
struct HandlerOutcome {
    let service: ServiceBinding
    let method: MethodBinding
    let execution: Execution
    /// What the messages that it sends belong to.
    let traceparent: String?

    func outcome(of run: GuestRun) -> ExecutionResult.Outcome {
        switch run.outcome {
        case .completed(let effects): return completed(effects)
        case .failed(let failure): return failed(failure, refusal: run.firstRefusal)
        case .trapped(let trap):
            return failure(
                .trap, .internalError, "the handler crashed: \(trap.message)", details: ["trap": trap.kind.rawValue])
        case .deadlineExceeded(let message): return failure(.deadline, .deadlineExceeded, message)
        case .memoryExceeded(let message): return failure(.memory, .resourceExhausted, message)
        case .badOutput(let message): return failure(.badOutput, .internalError, message)
        case .unavailable(let message): return failure(.retryable, .providerUnavailable, message)
        case .suspended: return failure(.badOutput, .internalError, "the handler waits; only a workflow may")
        case .stopped(let message): return failure(.badOutput, .internalError, message)
        }
    }

    private func completed(_ effects: GuestEffects) -> ExecutionResult.Outcome {
        if method.handler.kind == .query, effects.state != .unchanged || !effects.messages.isEmpty {
            return failure(
                .denied, .internalError,
                "\(method.schema.qualifiedName) is a query and may only read, and it changed state")
        }
        let reply = effects.reply ?? Array("{}".utf8)
        if let output = method.output {
            do throws(ValueError) {
                try output.validate(reply)
            } catch {
                return failure(
                    .badOutput, .internalError,
                    "the answer of \(method.schema.qualifiedName) doesn't fit the schema: \(error)")
            }
        }
        var messages: [Message] = []
        messages.reserveCapacity(effects.messages.count)
        let now = Timestamp.now
        for sent in effects.messages { messages.append(message(sent, at: now)) }
        return .done(reply: reply, state: effects.state, messages: messages)
    }

    private func message(_ sent: GuestMessage, at now: Timestamp) -> Message {
        let id = MessageID.make(at: now)
        return Message(
            id: id, type: sent.name, source: service.source, time: now, key: sent.key ?? id,
            data: sent.data,
            extensions: MessageExtensions(
                traceparent: traceparent, due: sent.due, caller: execution.handler.service))
    }

    /// `refusal`: why the first host call of the run that was refused was.
    private func failed(_ failure: GuestFailure, refusal: String?) -> ExecutionResult.Outcome {
        if failure.code == ErrorCode.permissionDenied.rawValue, let refusal, failure.message.hasSuffix(refusal) {
            // The handler passes on what the mesh told it: its fault, and not that its caller lacks a role.
            return self.failure(.denied, .internalError, "the handler did what it may not: \(failure.message)")
        }
        return .failed(
            Failure(
                kind: failure.retryable ? .retryable : .refused, error: failure.meshError(), digest: service.digest))
    }

    private func failure(_ kind: Failure.Kind, _ code: ErrorCode, _ message: String, details: [String: String] = [:])
        -> ExecutionResult.Outcome
    {
        let text =
            details.isEmpty
            ? nil
            : "{"
                + details.sorted { $0.key < $1.key }.map { "\(JSONText.string($0.key)):\(JSONText.string($0.value))" }
                .joined(separator: ",") + "}"
        let error = MeshError(code, message, details: text, retryable: kind.isCrash)
        return .failed(Failure(kind: kind, error: error, digest: service.digest))
    }
}
