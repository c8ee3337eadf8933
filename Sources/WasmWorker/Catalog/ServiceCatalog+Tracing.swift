import MeshCore
import Outbox
import Wasm
import Workflows

extension ServiceCatalog {
    /// The span of running a message's handler, or of giving it to its workflow; nil where its trace isn't recorded. Timers, answers and orders are
    /// parts of the workflow they are for.
    ///
    /// Its id follows from the message and the attempt, so that what runs again after a crash is the same span.
    func span(of group: [Execution], version: String?) -> OpenSpan? {
        guard let tracer, let execution = group.first else { return nil }
        switch execution.handler.kind {
        case .handler, .query, .start, .signal: break
        case .answer, .control, .timer, .schedule, .state: return nil
        }
        let (message, service) = (execution.message, execution.handler.service)
        var span = tracer.begin(
            "\(service)/\(execution.handler.method)", .consumer, service: service,
            parent: message.extensions.traceparent.flatMap { TraceParent($0) },
            identity: "\(message.source) \(message.id) \(execution.attempt)")
        span?.set("messaging.system", "kafka")
        span?.set("messaging.destination.name", execution.handler.isCall ? service : message.type)
        if case .log(let offset) = execution.source { span?.set("messaging.kafka.offset", Int(offset)) }
        if group.count > 1 { span?.set("messaging.batch.message_count", group.count) }
        span?.describe(execution, version)
        return span
    }

    /// The span of a workflow's local step; a workflow that isn't part of a trace begins none with its steps.
    func span(ofStep step: Execution, version: String) -> OpenSpan? {
        guard let tracer, let parent = step.message.extensions.traceparent.flatMap({ TraceParent($0) }) else {
            return nil
        }
        var span = tracer.begin(
            step.message.type, .internal, service: step.handler.service, parent: parent,
            identity: "\(step.message.id) \(step.attempt)")
        span?.describe(step, version)
        return span
    }

    /// The span of a whole run of a workflow, once it has ended.
    func traceEnd(of record: WorkflowRecord?, before: WorkflowRecord?) {
        guard let tracer, let row = record?.row, let ended = row.endedAt,
            before.map({ $0.row.status.isOpen || $0.row.run != row.run }) ?? true,
            let facts = StartFacts(json: record?.journal.first?.details),
            let parent = facts.caller.traceparent.flatMap({ TraceParent($0) }),
            var span = tracer.begin(
                "workflow \(row.method)", .internal, service: row.id.service, parent: parent,
                identity: "\(row.id.key) \(row.run)")
        else { return }
        span.began(at: record?.journal.first?.at ?? row.startedAt)
        span.set("wasmesh.workflow.id", row.id.key)
        span.set("wasmesh.workflow.run", Int(row.run))
        span.set("wasmesh.workflow.status", row.status.rawValue)
        span.set("wasmesh.package", String(row.digest.prefix(12)))
        let error = row.error.flatMap { JSONMembers($0)?.string("message") }
        span.end(error: row.status == .completed ? nil : error ?? row.status.rawValue, at: ended)
    }
}

extension OpenSpan {
    fileprivate mutating func describe(_ execution: Execution, _ version: String?) {
        set("messaging.message.id", execution.message.id)
        set("messaging.kafka.message.key", execution.orderKey.key)
        set("wasmesh.attempt", execution.attempt)
        set("wasmesh.package", version.map { String($0.prefix(12)) })
    }

    /// Ends it by what came of the run.
    func end(_ outcome: ExecutionResult.Outcome) {
        guard case .failed(let failure) = outcome else { return end() }
        var span = self
        span.set("error.type", failure.kind.rawValue)
        span.end(error: failure.error.message)
    }

    /// Ends it by what the workflow made of an input.
    func end(_ outcome: WorkflowActivation.Outcome) {
        switch outcome {
        case .taken, .ignored: end()
        case .refused(let error), .failed(let error): end(error: error.message)
        }
    }
}
