import MeshCore
import Outbox
import Schemas

extension Handler {
    /// What takes messages that are only for workflows and schedules.
    static func of(_ type: String, service: String, kind: Kind) -> Handler {
        Handler(service: service, method: type, retry: .workflowInput, batch: nil, isCall: true, kind: kind)
    }
}

extension Handler.Kind {
    init(_ role: MethodRole) {
        switch role {
        case .handler: self = .handler
        case .workflow: self = .start
        case .signal: self = .signal
        case .query: self = .query
        }
    }

    /// What a message of a type of the mesh's own is, by the key that it has; nil for any other message.
    init?(type: String, key: String) {
        let isSchedule = ScheduleRow.method(ofKey: key) != nil
        switch type {
        case WorkflowMessage.answer: self = .answer
        case WorkflowMessage.control: self = isSchedule ? .schedule : .control
        case WorkflowMessage.state: self = .state
        case WorkflowMessage.timer: self = isSchedule ? .schedule : .timer
        default: return nil
        }
    }
}

extension ServiceCatalog {
    /// A record that is for a workflow, a schedule or a state whatever methods the service has; nil for any other.
    func workflowExecution(of message: Message, offset: Int64, for id: PartitionID, now: Timestamp) -> Execution? {
        guard id.topic == id.group, message.type != WorkflowMessage.timer else { return nil }
        let key = message.key ?? message.id
        return Handler.Kind(type: message.type, key: key).map { kind in
            execution(
                of: message, kind: kind, service: id.group, key: key, source: .log(offset: offset), at: now,
                offset: offset)
        }
    }

    /// The same for a parked message.
    func workflowExecution(of parked: ParkedMessage, source: Execution.Source) -> Execution? {
        guard let kind = Handler.Kind(type: parked.message.type, key: parked.key) else { return nil }
        return execution(
            of: parked.message, kind: kind, service: parked.service, key: parked.key, source: source,
            at: parked.parkedAt, attempt: parked.attempts + 1, offset: parked.offset)
    }

    /// A timer that is due.
    func execution(of timer: WorkflowTimer, now: Timestamp) -> Execution {
        let message = timer.message
        let kind = Handler.Kind(type: message.type, key: timer.workflow.key) ?? .timer
        return execution(
            of: message, kind: kind, service: timer.workflow.service, key: timer.workflow.key, source: .timer(timer),
            at: now)
    }

    /// Looks at the schedules whose keys belong to a partition.
    func looks(for id: PartitionID, of partitions: Int32, now: Timestamp) -> [Execution] {
        guard id.topic == id.group, let service = services[id.group] else { return [] }
        return service.methods.values.filter { $0.schema.schedule != nil }.compactMap { method in
            let key = ScheduleRow.key(id.group, method.schema.name)
            guard Partitioner.partition(of: key.key, count: partitions) == id.partition else { return nil }
            let message = Message(
                id: key.key, type: WorkflowMessage.look, source: "/" + id.group, time: now, key: key.key,
                data: Array("{}".utf8))
            return execution(
                of: message, kind: .schedule, service: id.group, key: key.key, source: .look, at: now)
        }
    }

    private func execution(
        of message: Message, kind: Handler.Kind, service: String, key: String, source: Execution.Source, at: Timestamp,
        attempt: Int = 1, offset: Int64 = -1
    ) -> Execution {
        let orderKey = StateKey(service: service, key: key)
        return Execution(
            source: source, handler: .of(message.type, service: service, kind: kind), message: message,
            orderKey: orderKey, stateKey: orderKey, attempt: attempt, firstRunAt: at, offset: offset)
    }
}
