import MeshCore

/// What may stand in a topic.
struct AsyncAPIMessage {
    enum Payload {
        /// A type as it is declared.
        case type(String)
        /// A type as a handler reads it: there may be more.
        case received(String)
        /// The arguments of a call.
        case arguments(MethodSchema)
    }

    let topic: String
    /// The `ce_type`.
    let type: String
    let payload: Payload
    let documentation: String?
    /// What the record's key is.
    let key: String

    /// Names it among all messages.
    var name: String {
        switch payload {
        case .type: type + ".event"
        case .received(let name): "\(type).\(name).received"
        case .arguments(let method): method.shortName + ".call"
        }
    }
}

extension AsyncAPIMessage {
    /// An event as its emitter declares it.
    init(_ event: EventDeclaration, in schema: MeshSchema) {
        topic = Topics.event(event.name)
        type = event.name
        payload = .type(event.payloadType)
        documentation = schema.service(event.service)?.method(event.method)?.documentation
        key = event.keyField.map { "`\($0)` of the event." } ?? "The event's subject, else its id."
    }

    /// An event as a handler takes it: as it is declared, or as the type of its own that the handler has.
    init(_ handler: EventHandler, in schema: MeshSchema) {
        if let event = schema.event(handler.event), event.payloadType == handler.payloadType {
            self.init(event, in: schema)
        } else {
            self.init(
                topic: Topics.event(handler.event), type: handler.event, payload: .received(handler.payloadType),
                documentation: nil, key: "As its emitter declares it.")
        }
    }

    /// A call, as anybody may write it to the topic of its service.
    init(_ method: MethodSchema, of service: ServiceSchema) {
        topic = Topics.calls(of: service.qualifiedName)
        type = method.qualifiedName
        payload = .arguments(method)
        documentation = method.documentation
        let rule = method.keyPath.map { " Over HTTP it is `\($0.joined(separator: "."))`." } ?? ""
        key = "The key of the call, whatever its arguments say.\(rule)"
    }

    /// The message of a method of a service; nil where Kafka has none of it.
    init?(of method: MethodSchema, in service: ServiceSchema, _ schema: MeshSchema) {
        switch method.kind {
        case .emits(let event): self.init(event, in: schema)
        case .handles(let handler): self.init(handler, in: schema)
        case .call:
            guard method.isExposed else { return nil }
            self.init(method, of: service)
        }
    }
}

extension MethodSchema {
    /// Names it within its schema: `Orders/place`.
    var shortName: String { qualifiedName.split(separator: ".").last.map(String.init) ?? qualifiedName }
}
