/// A method of a service: something that can be called, an event it emits, or a handler of an event.
package struct MethodSchema: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Takes calls.
        case call
        /// Declares an event; the guest emits it, nobody calls it.
        case emits(EventDeclaration)
        /// Takes events.
        case handles(EventHandler)
    }

    /// `place`.
    package let name: String
    /// `shop.Orders/place`; the `ce_type` of its calls.
    package let qualifiedName: String
    package var kind: Kind
    /// What a call of it is; `.handler` for events and their handlers.
    package var role: MethodRole
    /// `@schedule`; the mesh calls it by itself then.
    package var schedule: SchedulePolicy?
    /// In the order of the document.
    package var arguments: [FieldDefinition]
    /// `Void` where there is no answer but that it is done.
    package var result: TypeReference
    /// `@key(field:)` as written, split at its dots; it starts with the name of an argument. See `keyPath`.
    package var declaredKeyPath: [String]?
    /// Where the key of a call stands in its data: `@key(field:)`, else the argument with the name of the state type's key
    /// field. Nil, or where the value there is null: the header `Mesh-Key`, else the call's id. Always nil for events and handlers.
    package var keyPath: [String]?
    /// `@durable`; nil: not declared, the worker's defaults hold.
    package var durable: DurablePolicy?
    /// `@idempotent`: repeating a call with the same arguments does no harm.
    package var isIdempotent: Bool
    /// `@scheduleOnly`: never offered at an edge.
    package var isScheduleOnly: Bool
    /// `@auth(roles:)` of the method, else of its service: a caller needs one of these roles. Nil: no role is needed.
    package var auth: AuthPolicy?
    package var deprecation: Deprecation?
    package var documentation: String?

    package init(
        service: String, name: String, kind: Kind = .call, role: MethodRole = .handler,
        schedule: SchedulePolicy? = nil, arguments: [FieldDefinition] = [],
        result: TypeReference = TypeReference(.scalar(.void), isNullable: true), declaredKeyPath: [String]? = nil,
        keyPath: [String]? = nil, durable: DurablePolicy? = nil, isIdempotent: Bool = false,
        isScheduleOnly: Bool = false, auth: AuthPolicy? = nil, deprecation: Deprecation? = nil,
        documentation: String? = nil
    ) {
        self.name = name
        self.qualifiedName = service + "/" + name
        self.kind = kind
        self.role = role
        self.schedule = schedule
        self.arguments = arguments
        self.result = result
        self.declaredKeyPath = declaredKeyPath
        self.keyPath = keyPath
        self.durable = durable
        self.isIdempotent = isIdempotent
        self.isScheduleOnly = isScheduleOnly
        self.auth = auth
        self.deprecation = deprecation
        self.documentation = documentation
    }
}

extension MethodSchema {
    /// True where the router may offer it: a call that isn't `@scheduleOnly`.
    package var isExposed: Bool { kind == .call && !isScheduleOnly }

    /// The event it emits, where it declares one.
    package var emittedEvent: EventDeclaration? {
        if case .emits(let event) = kind { event } else { nil }
    }

    /// The event it takes, where it is a handler.
    package var eventHandler: EventHandler? {
        if case .handles(let handler) = kind { handler } else { nil }
    }

    /// True where the workflow's code answers it: a `@signal` with a result.
    package var isAnsweredSignal: Bool { role == .signal && !result.isVoid }
    /// True where the guest has code for it: calls, but for signals, and handlers.
    package var isImplementedByGuest: Bool { emittedEvent == nil && role != .signal }
}
