import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

extension ServiceCatalog {
    /// As many inputs of one workflow as follow each other: they share one replay.
    static func inputs(from start: Int, in executions: [Execution]) -> [Execution] {
        let first = executions[start]
        return Array(
            executions[start...].prefix { $0.handler.kind.isWorkflowInput && $0.stateKey == first.stateKey })
    }

    /// Gives inputs to their workflow. The last result is a failure where an input can't be taken now.
    func activate(_ executions: [Execution], record: WorkflowRecord?, state: [UInt8]?) -> [ExecutionResult] {
        guard let first = executions.first else { return [] }
        // What the schema refuses isn't an input.
        if let failure = refusal(of: first) {
            return [ExecutionResult(executions: [first], outcome: .failed(failure))]
        }
        let taken = Array(executions.prefix { refusal(of: $0) == nil })
        let spans = taken.map { span(of: [$0], version: nil) }
        let inputs = zip(taken, spans).compactMap { $0.workflowInput(in: $1) }
        // Time doesn't run backwards for a workflow, whatever the clocks of its owners say.
        let now = max(Timestamp.now, record?.row.updatedAt ?? Timestamp(microseconds: 0))
        let activation = WorkflowActivation.run(
            inputs, of: first.stateKey, record: record, state: state, environment: self, now: now)
        log(activation.effects?.logs ?? [], of: first.stateKey)
        if let write = activation.effects?.write { log(write.row, after: record?.row) }
        let after = activation.effects?.write.map { WorkflowRecord(record, after: $0) } ?? record
        var outcomes = activation.outcomes
        for (span, outcome) in zip(spans, outcomes) { span?.end(outcome) }
        traceEnd(of: after, before: record)
        var failure: Failure?
        if case .failed(let error)? = outcomes.last {
            failure = Failure(kind: .retryable, error: error)
            outcomes.removeLast()
        }
        var results: [ExecutionResult] = []
        if !outcomes.isEmpty {
            results.append(
                ExecutionResult(
                    executions: Array(taken.prefix(outcomes.count)),
                    outcome: .activated(
                        WorkflowActivation(
                            outcomes: outcomes, effects: activation.effects,
                            replayedEntries: activation.replayedEntries), record: after)))
        }
        if let failure, outcomes.count < taken.count {
            results.append(ExecutionResult(executions: [taken[outcomes.count]], outcome: .failed(failure)))
        }
        return results
    }

    /// Why a message is no input of a workflow, if it isn't.
    private func refusal(of execution: Execution) -> Failure? {
        let kind = execution.handler.kind
        // An answer that can't be read is one all the same (`workflowInput`): the workflow waits for it.
        if kind == .answer { return nil }
        if kind == .control {
            // Anybody can write to the topic; what goes into a journal must be JSON.
            return JSONMembers(execution.message.data) != nil
                ? nil
                : Failure(
                    kind: .badInput,
                    error: MeshError(.invalidRequest, "the data of \(execution.message.type) isn't a JSON object"))
        }
        guard kind == .start || kind == .signal else { return nil }
        guard let method = services[execution.handler.service]?.methods[execution.handler.method] else {
            let name = "\(execution.handler.service)/\(execution.handler.method)"
            return misfit(execution, MeshError(.notFound, "\(name) isn't deployed any more"))
        }
        if let failure = changedKind(of: execution, to: method) { return failure }
        do throws(ValueError) {
            try method.input.validate(execution.message.data)
            return nil
        } catch {
            return misfit(execution, MeshError(.invalidRequest, error.description))
        }
    }

    /// Names a workflow whose code crashed, or that can't go on.
    private func log(_ row: WorkflowRow, after former: WorkflowRow?) {
        guard let error = row.error, error != former?.error, row.status == .stuck || row.status == .running else {
            return
        }
        let message = JSONMembers(error)?.string("message") ?? String(decoding: error, as: UTF8.self)
        Log("worker").error(
            row.status == .stuck ? "a workflow is stuck: \(message)" : "a workflow is tried again: \(message)",
            [
                "workflow": row.id.key, "method": "\(row.id.service)/\(row.method)", "attempt": "\(row.attempt)",
                "package": "\(row.digest.prefix(12))",
            ])
    }

    private func log(_ lines: [GuestLogLine], of id: WorkflowID) {
        guard !lines.isEmpty else { return }
        let log = Log(id.service)
        for line in lines {
            switch line.level {
            case .debug: log.debug(line.text, ["workflow": id.key])
            case .info: log.info(line.text, ["workflow": id.key])
            case .warning: log.warning(line.text, ["workflow": id.key])
            case .error: log.error(line.text, ["workflow": id.key])
            }
        }
    }
}

extension Message {
    /// The same as part of a span; itself where there is none.
    fileprivate func with(traceparent: String?) -> Message {
        guard let traceparent else { return self }
        var message = self
        message.extensions.traceparent = traceparent
        return message
    }

    /// The answer, or an error in its place where it is no JSON object, or one nested deeper than a journal takes.
    fileprivate var readableAnswer: Message {
        guard JSONMembers(data) == nil else { return self }
        let error = MeshError(
            .invalidRequest,
            "the answer can't be taken: it isn't a JSON object, or nested more than \(JSONMembers.depthLimit) levels deep",
            timestamp: time)
        var readable = self
        readable.data = Array(error.json.utf8)
        readable.extensions.status = .error
        return readable
    }
}

extension Execution {
    /// What it is to the workflow of its key.
    var workflowInput: WorkflowInput? { workflowInput(in: nil) }

    /// The same within a span: a start hands that on to the run, and so to all that it calls.
    func workflowInput(in span: OpenSpan?) -> WorkflowInput? {
        switch handler.kind {
        case .start: .start(message.with(traceparent: span?.traceparent), method: handler.method)
        case .signal: .signal(message, method: handler.method, isAnswered: handler.isAnsweredByWorkflow)
        case .answer: .answer(message.readableAnswer)
        case .control: .control(message)
        case .timer: (timer ?? WorkflowTimer(message, of: stateKey)).map { .timer($0) }
        case .handler, .query, .schedule, .state: nil
        }
    }
}
