import MeshCore
import Schemas

/// A deployed service that this worker runs.
final class ServiceBinding: Sendable {
    let service: ServiceSchema
    /// `ce_source` of what it sends: `/shop.Orders`.
    let source: String
    /// The digest of its package.
    let digest: String
    /// The version of its schema.
    let version: String
    let code: any GuestCode
    let methods: [String: MethodBinding]
    /// Methods that can be called, by qualified name: the type of their calls.
    let calls: [String: MethodBinding]
    /// Handlers by the event they take.
    let handlers: [String: MethodBinding]
    /// Events it may emit.
    let events: [String: EmittedEvent]
    let state: ValueShape?
    let configuration: [String: String]

    struct EmittedEvent: Sendable {
        let shape: ValueShape
        let keyPath: [String]?
    }

    init(_ service: ServiceSchema, in schema: MeshSchema, code: any GuestCode, configuration: [String: String]) {
        self.service = service
        source = "/" + service.qualifiedName
        self.digest = code.digest
        version = schema.version.description
        self.code = code
        self.configuration = configuration
        var methods: [String: MethodBinding] = [:]
        var calls: [String: MethodBinding] = [:]
        var handlers: [String: MethodBinding] = [:]
        var events: [String: EmittedEvent] = [:]
        for method in service.methods {
            if let event = method.emittedEvent {
                events[event.name] = EmittedEvent(
                    shape: ValueShape.event(event, in: schema), keyPath: event.keyPath)
                continue
            }
            let binding = MethodBinding(method, of: service, in: schema)
            methods[method.name] = binding
            if binding.handler.isCall { calls[method.qualifiedName] = binding }
            if let handler = method.eventHandler { handlers[handler.event] = binding }
        }
        self.methods = methods
        self.calls = calls
        self.handlers = handlers
        self.events = events
        state = ValueShape.state(of: service, in: schema)
    }

    /// The topics whose records it takes: its calls, and the events it handles.
    var topics: [String] { [service.qualifiedName] + handlers.keys.sorted() }

    /// Whether it takes a topic's records.
    func takes(_ topic: String) -> Bool { topic == service.qualifiedName || handlers[topic] != nil }

    /// An execution's method as it is in force: a deploy may have come since it was made. A handler is known by its event, so it may have another name by now.
    func method(of execution: Execution) -> MethodBinding? {
        execution.handler.isCall ? methods[execution.handler.method] : handlers[execution.message.type]
    }
}
