import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

extension BatchBuilder {
    /// What inputs of one workflow came to.
    mutating func add(
        _ activation: WorkflowActivation, of executions: [Execution], record: WorkflowRecord?,
        read: RunStates
    ) {
        guard let key = executions.first?.stateKey else { return }
        if let effects = activation.effects {
            if let change = effects.write { merge(change) }
            write(effects.state, to: key, read: read)
            for sent in effects.messages { hand(out: sent) }
            for end in effects.answers {
                answer(id: end.callID, type: end.callType, end.extensions, status: end.status, data: end.data)
            }
        }
        var entry = current[key] ?? .absent
        entry.contents = KeyContents(workflow: record, schedule: entry.contents?.schedule)
        current[key] = entry
        for (execution, outcome) in zip(executions, activation.outcomes) { add(outcome, of: execution) }
    }

    /// What the outside is asked isn't a message: an egress process takes it from its table.
    private mutating func hand(out sent: OutgoingMessage) {
        let message = sent.message
        guard message.type == OutsideService.fetch,
            let address = message.extensions.answerTo.flatMap(AnswerAddress.init)
        else { return send(message, to: sent.topic) }
        batch.httpCalls.append(
            NewHTTPCall(
                id: message.id, workflow: address.workflow, operation: address.call.description,
                number: address.call.operation.op, key: message.key ?? message.id, request: message.data,
                origin: BatchBuilder.origin(of: message.data), deadline: message.extensions.deadline,
                traceparent: message.extensions.traceparent, createdAt: now))
    }

    /// Whom a call to the outside asks; empty where its URL can't be called, which the egress process refuses.
    private static func origin(of arguments: [UInt8]) -> String {
        guard let request = JSONMembers(arguments)?.raw("request"),
            let text = JSONMembers(Array(request.utf8))?.string("url"), let url = try? OutsideURL(text)
        else { return "" }
        return url.origin
    }

    private mutating func add(_ outcome: WorkflowActivation.Outcome, of execution: Execution) {
        switch outcome {
        case .taken(let reply):
            if let reply { answer(execution.message, status: .ok, data: reply) }
            note(execution, .ok)
            settle(execution)
        case .refused(let error):
            refuse(execution, error)
            settle(execution)
        case .ignored:
            note(execution, .ok)
            settle(execution)
        case .failed(let error): fail(execution, Failure(kind: .retryable, error: error))
        }
    }

    /// Orders and answers that come too late are nobody's loss; a start or a signal is, where its sender doesn't hear of it.
    private mutating func refuse(_ execution: Execution, _ error: MeshError) {
        let isAwaited = answer(execution.message, status: .error, data: Array(error.json.utf8))
        let isLoss = !isAwaited && execution.message.type.contains("/")
        if isLoss { bury(execution, Failure(kind: .refused, error: error)) }
        note(execution, isLoss ? .dead : .failed)
    }

    /// Several activations of a workflow in one batch are one write.
    private mutating func merge(_ write: WorkflowWrite) {
        guard let index = workflowPlaces[write.row.id] else {
            workflowPlaces[write.row.id] = batch.workflows.count
            batch.workflows.append(write)
            return
        }
        var merged = batch.workflows[index]
        merged.row = write.row
        merged.entries += write.entries
        merged.waitsFor = write.waitsFor
        merged.pause = write.pause
        if let kept = write.operationsKept {
            merged.operationsKept = min(kept, merged.operationsKept ?? kept)
            batch.httpCalls.removeAll { $0.workflow == write.row.id && $0.number > kept }
        }
        // Removals come first when they are written: what was added before is taken back here.
        let removed = Set(write.timersRemoved)
        merged.timersAdded.removeAll(where: removed.contains)
        merged.timersAdded += write.timersAdded
        merged.timersRemoved += write.timersRemoved
        batch.workflows[index] = merged
    }

    /// What happened to a schedule; its effects are those of the last of the executions.
    mutating func add(_ effects: ScheduleEffects, of executions: [Execution]) {
        guard let execution = executions.last else { return }
        if let row = effects.row {
            batch.schedules.removeAll { $0.service == row.service && $0.method == row.method }
            batch.schedules.append(row)
            let key = execution.stateKey
            var entry = current[key] ?? .absent
            // Whether a call that it made is open is read again before the next.
            entry.contents = KeyContents(
                workflow: entry.contents?.workflow, schedule: LoadedSchedule(row: row, isOpen: effects.isOpen))
            current[key] = entry
        }
        batch.timersRemoved += effects.timersRemoved
        batch.timersAdded.removeAll(where: Set(effects.timersRemoved).contains)
        batch.timersAdded += effects.timersAdded
        for sent in effects.messages { publish(sent.message, to: sent.topic, partition: nil) }
        if let error = effects.error {
            answer(execution.message, status: .error, data: Array(error.json.utf8))
        } else {
            answer(execution.message, status: .ok, data: Array("{}".utf8))
        }
        note(execution, effects.error == nil ? .ok : .failed)
        settle(execution)
    }

    /// Notes that a handler's call by its schedule is done with, whatever came of it.
    mutating func endScheduled(_ execution: Execution) {
        let key = execution.orderKey
        guard execution.handler.kind == .handler, key.key.utf8.first == UInt8(ascii: "@"),
            ScheduleRow.method(ofKey: key.key) == execution.handler.method
        else { return }
        batch.scheduledEnds.append(key)
        batch.scheduledEndsAt = now
        guard let contents = current[key]?.contents, var schedule = contents.schedule else { return }
        schedule.isOpen = false
        schedule.row.lastEndedAt = now
        current[key]?.contents = KeyContents(workflow: contents.workflow, schedule: schedule)
    }

    /// Answers a workflow's call.
    mutating func tell(_ address: AnswerAddress, _ status: ReplyStatus, _ data: [UInt8], traceparent: String?) {
        let answer = Message(
            id: MessageID.make(at: now), type: WorkflowMessage.answer, source: "/" + batch.partition.group, time: now,
            key: address.workflow.key, data: data,
            extensions: MessageExtensions(
                traceparent: traceparent, status: status, operation: address.call.description))
        publish(answer, to: Topics.calls(of: address.workflow.service), partition: nil)
    }
}
