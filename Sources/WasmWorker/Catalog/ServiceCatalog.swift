import Kafka
import MeshCore
import Outbox
import Schemas

/// Everything that is deployed, as one worker sees it at one moment.
///
/// A reference: it is handed to each run, with all that it holds.
final class ServiceCatalog: Sendable {
    /// The services this worker runs, by qualified name.
    let services: [String: ServiceBinding]
    /// All methods of the mesh that can be called, by qualified name; for `send`.
    let targets: [String: SendTarget]

    /// Mixed into guests' random bytes, so that nobody can tell them from a message's id.
    let randomSecret: [UInt8]

    /// Former packages that open workflows still run on: by service, then by digest.
    let former: [String: [String: ServiceBinding]]
    /// Told of packages that are missing.
    let missing: MissingPackages
    /// Since when there may be packages that this worker hasn't heard of.
    let look: RegistryLook
    /// Nil where no traces are kept.
    let tracer: Tracer?

    struct SendTarget: Sendable {
        let arguments: ValueShape
        let keyPath: [String]?
        let role: MethodRole
    }

    init(
        services: [ServiceBinding], former: [ServiceBinding] = [], schemas: [MeshSchema] = [],
        randomSecret: [UInt8] = [], missing: MissingPackages = MissingPackages(),
        look: RegistryLook = RegistryLook(), tracer: Tracer? = nil
    ) {
        self.tracer = tracer
        self.randomSecret = randomSecret
        self.missing = missing
        self.look = look
        var formerByService: [String: [String: ServiceBinding]] = [:]
        for binding in former { formerByService[binding.service.qualifiedName, default: [:]][binding.digest] = binding }
        self.former = formerByService
        self.services = Dictionary(services.map { ($0.service.qualifiedName, $0) }, uniquingKeysWith: { $1 })
        var targets: [String: SendTarget] = [:]
        for schema in schemas {
            for method in schema.services.flatMap(\.methods) where method.kind == .call {
                targets[method.qualifiedName] = SendTarget(
                    arguments: ValueShape.arguments(of: method, in: schema), keyPath: method.keyPath,
                    role: method.role)
            }
        }
        self.targets = targets
    }

    /// The packages that are loaded.
    var digests: Set<String> {
        Set(services.values.map(\.digest)).union(former.values.lazy.flatMap(\.keys))
    }

    /// Whether it has the code of a service, and the service takes records of that topic.
    func serves(_ id: PartitionID) -> Bool { services[id.group]?.takes(id.topic) ?? false }

    /// Which services take each topic's records.
    var subscriptions: [String: [String]] {
        var subscriptions: [String: [String]] = [:]
        for (name, binding) in services {
            for topic in binding.topics { subscriptions[topic, default: []].append(name) }
        }
        return subscriptions.mapValues { $0.sorted() }
    }

    // MARK: Routing

    /// What a record means for the service of `id`, which must be one that it serves: else it would be passed over.
    func route(_ record: KafkaRecord, for id: PartitionID, now: Timestamp) -> FetchedRecord {
        let size = (record.value?.count ?? 0) + 512
        let decoded: DecodedMessage
        do throws(MessageDecodingError) {
            decoded = try MessageCodec.decode(
                topic: record.topic, partition: record.partition, offset: record.offset,
                timestampMilliseconds: record.timestamp, key: record.key, value: record.value,
                fields: try HeaderFields(of: record))
        } catch {
            // Its headers are kept as they are, whatever their size.
            let kept = record.headers.reduce(record.key?.count ?? 0) {
                $0 + $1.name.utf8.count + ($1.value?.count ?? 0) + 64
            }
            return FetchedRecord(
                offset: record.offset, byteCount: size + kept, stamp: nil, inboxID: nil,
                content: .rejected(unreadable(record, for: id, error)))
        }
        let message = decoded.message
        let inboxID = decoded.stamp == nil && decoded.hasOwnID ? message.inboxID : nil
        return FetchedRecord(
            offset: record.offset, byteCount: size + message.extensions.othersByteCount, stamp: decoded.stamp,
            inboxID: inboxID,
            content: content(of: message, offset: record.offset, for: id, now: now))
    }

    private func content(of message: Message, offset: Int64, for id: PartitionID, now: Timestamp)
        -> FetchedRecord.Content
    {
        if let onlyFor = message.extensions.onlyFor, onlyFor != id.group { return .ignored }
        guard let service = services[id.group] else { return .ignored }
        if let execution = workflowExecution(of: message, offset: offset, for: id, now: now) {
            return .execution(execution)
        }
        guard let method = service.method(for: message, topic: id.topic) else {
            if let execution = executionOfUnknown(message, offset: offset, for: id, now: now) {
                return .execution(execution)
            }
            return .rejected(notRouted(message, topic: id.topic, service: service))
        }
        let execution = execution(
            of: message, by: method, source: .log(offset: offset), offset: offset, attempt: 1, firstRunAt: now,
            orderKey: nil)
        if let problem = keyProblem(execution) {
            return .rejected(
                CommitUnit.Rejection(
                    service: id.group, message: message, headers: [],
                    failure: Failure(kind: .badInput, error: MeshError(.invalidRequest, problem))))
        }
        return .execution(execution)
    }

    /// Why its keys can't be used; asked before anything is looked up, since what Postgres can't even look up would fail for ever.
    private func keyProblem(_ execution: Execution) -> String? {
        let problem =
            MessageKey.problem(execution.orderKey.key.utf8) ?? MessageKey.problem(execution.stateKey.key.utf8)
        return problem.map { "\(execution.message.type): the key in the data \($0)" }
    }

    /// A call of a method that this worker may be yet to hear of: it waits for that in its key's order.
    private func executionOfUnknown(_ message: Message, offset: Int64, for id: PartitionID, now: Timestamp)
        -> Execution?
    {
        let prefix = id.group + "/"
        guard id.topic == id.group, message.type.hasPrefix(prefix), message.type.count > prefix.count,
            look.mayBeBehind(message, seenAt: now)
        else { return nil }
        let key = StateKey(service: id.group, key: message.key ?? message.id)
        let handler = Handler(
            service: id.group, method: String(message.type.dropFirst(prefix.count)), retry: .undeclared, batch: nil,
            isCall: true, isDeployed: false)
        return Execution(
            source: .log(offset: offset), handler: handler, message: message, orderKey: key, stateKey: key, attempt: 1,
            firstRunAt: now, offset: offset)
    }

    func noMethod(_ name: String, of service: ServiceBinding) -> MeshError {
        MeshError(
            .notFound,
            "\(service.service.qualifiedName) has no method \"\(name)\"; it has \(service.methods.keys.sorted().joined(separator: ", "))"
        )
    }

    /// Why a message can't be given to its handler.
    func misfit(_ execution: Execution, _ error: MeshError, digest: String? = nil) -> Failure {
        let isEarly = look.mayBeBehind(execution.message, seenAt: execution.firstRunAt)
        return Failure(kind: isEarly ? .early : .badInput, error: error, digest: digest)
    }

    private func execution(
        of message: Message, by method: MethodBinding, source: Execution.Source, offset: Int64, attempt: Int,
        firstRunAt: Timestamp, orderKey: String?
    ) -> Execution {
        let service = method.handler.service
        let recordKey =
            orderKey ?? message.key
            ?? method.schema.keyPath.flatMap { JSONScanner.keyText(of: $0, in: message.data) } ?? message.id
        let stateKey =
            method.schema.eventHandler?.stateKeyPath.flatMap { JSONScanner.keyText(of: $0, in: message.data) }
            ?? recordKey
        return Execution(
            source: source, handler: method.handler, message: message,
            orderKey: StateKey(service: service, key: recordKey), stateKey: StateKey(service: service, key: stateKey),
            attempt: attempt, firstRunAt: firstRunAt, offset: offset)
    }

    /// A parked message to be tried again; a method that is gone meanwhile fails when it runs.
    func execution(of parked: ParkedMessage, for id: PartitionID) -> Execution {
        let source = Execution.Source.parked(id: parked.id)
        if let execution = workflowExecution(of: parked, source: source) { return execution }
        let isCall = id.topic == parked.service
        let service = services[parked.service]
        if let method = isCall ? service?.methods[parked.method] : service?.handlers[id.topic] {
            let execution = execution(
                of: parked.message, by: method, source: source, offset: parked.offset, attempt: parked.attempts + 1,
                firstRunAt: parked.parkedAt, orderKey: parked.key)
            // The rule of its state's key may be another one than when it was parked.
            guard let problem = keyProblem(execution) else { return execution }
            return Execution(
                source: source, handler: method.handler, message: parked.message, orderKey: execution.orderKey,
                stateKey: execution.orderKey, attempt: execution.attempt, firstRunAt: parked.parkedAt,
                offset: parked.offset, problem: problem)
        }
        let key = StateKey(service: parked.service, key: parked.key)
        let handler = Handler(
            service: parked.service, method: parked.method, retry: .undeclared, batch: nil, isCall: isCall,
            isDeployed: false)
        return Execution(
            source: source, handler: handler, message: parked.message, orderKey: key, stateKey: key,
            attempt: parked.attempts + 1, firstRunAt: parked.parkedAt, offset: parked.offset)
    }

    private func unreadable(_ record: KafkaRecord, for id: PartitionID, _ error: MessageDecodingError)
        -> CommitUnit.Rejection
    {
        let place = "\(record.topic), partition \(record.partition), offset \(record.offset)"
        let message = MessageCodec.sketch(
            topic: record.topic, partition: record.partition, offset: record.offset,
            timestampMilliseconds: record.timestamp, key: record.key, value: record.value,
            headers: record.headers.lazy.map { header -> (name: String, value: String?) in
                if case .text(let text) = header.content { (header.name, text) } else { (header.name, nil) }
            })
        let details = record.key.flatMap(NewDeadLetter.details(ofKey:))
        return CommitUnit.Rejection(
            service: id.group, message: message, headers: record.headers,
            failure: Failure(
                kind: .badInput, error: MeshError(.invalidRequest, "\(error) (\(place))", details: details)),
            hasValue: record.value != nil)
    }

    private func notRouted(_ message: Message, topic: String, service: ServiceBinding) -> CommitUnit.Rejection {
        let name = service.service.qualifiedName
        let problem: MeshError
        if message.type == topic, topic == name {
            problem = MeshError(
                .invalidRequest,
                "a call of \(name) needs the header ce_type with the method, such as \"\(name)/\(service.methods.keys.sorted().first ?? "method")\""
            )
        } else if topic == name {
            problem = noMethod(message.type, of: service)
        } else {
            problem = MeshError(
                .invalidRequest,
                "topic \(topic) carries the event \(topic), this record's ce_type is \"\(message.type)\"")
        }
        return CommitUnit.Rejection(
            service: name, message: message, headers: [], failure: Failure(kind: .badInput, error: problem))
    }
}

extension ServiceBinding {
    /// The method that a message of `topic` is for.
    fileprivate func method(for message: Message, topic: String) -> MethodBinding? {
        if topic != service.qualifiedName { return message.type == topic ? handlers[topic] : nil }
        return calls[message.type]
    }
}

extension HeaderFields {
    /// The headers of a record; null ones count as absent.
    fileprivate init(of record: KafkaRecord) throws(MessageDecodingError) {
        self.init()
        for header in record.headers {
            switch header.content {
            case .text(let text): try read(header.name, text, Array(text.utf8))
            case .bytes(let bytes): try read(header.name, nil, bytes)
            case .null: break
            }
        }
    }
}
