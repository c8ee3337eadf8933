extension Checker {
    func emitted(
        _ emits: BoundDecorator, _ method: MethodSchema, _ syntax: MemberSyntax, _ service: ServiceSchema
    ) -> EventDeclaration? {
        guard let name = emits.text("event") else { return nil }
        let location = emits.location(of: "event")
        if let problem = SchemaNames.problem(withEvent: name) {
            report(location, problem)
            return nil
        }
        requireVoid(method, syntax, "declares an event")
        guard let payload = payload(method, syntax, "the event's data") else { return nil }
        if payload.isNullable {
            report(syntax.arguments?[0].type.location ?? location, "an event always has data; write `\(payload)!`")
        }
        guard let type = payload.objectName.flatMap({ typesByName[$0] }) else {
            reportPayload(payload, syntax, location)
            return nil
        }
        let path: [String]?
        if let key = emits.text("key") {
            path = keyPath(key, in: type.fields, of: type.name, at: emits.location(of: "key"))
        } else {
            path = type.keyField.map { [$0] }
        }
        let event = EventDeclaration(
            name: name, payloadType: type.name, keyPath: path, service: service.qualifiedName, method: method.name)
        checkUnique(event, location)
        return event
    }

    private func checkUnique(_ event: EventDeclaration, _ location: SourceLocation) {
        if let first = emitted[event.name] {
            report(
                location,
                "the event `\(event.name)` is already declared by `\(first.event.method)` (\(place(first.location, from: location))); an event has one declaration in a schema"
            )
            return
        }
        emitted[event.name] = (event, location)
        let topics =
            documents.flatMap(\.services).map { "\(namespace).\($0.name.text)" }
            + deployed.flatMap { $0.services.map(\.qualifiedName) }
        if topics.contains(event.name) || topics.contains(where: { $0 + ".dead" == event.name }) {
            report(location, "the event `\(event.name)` would share its topic with a service's; rename it")
        }
        for schema in others {
            guard let other = schema.event(event.name) else { continue }
            let mine = PayloadReader(writer: typesByName.lookup(enums), reader: schema.lookup)
            let theirs = PayloadReader(writer: schema.lookup, reader: typesByName.lookup(enums))
            let difference =
                mine.mismatch(event.payloadType, readAs: other.payloadType)
                ?? theirs.mismatch(other.payloadType, readAs: event.payloadType)
                ?? (other.keyPath == event.keyPath ? nil : "its key is `\(other.keyField ?? "")` there")
            if let difference {
                report(
                    location,
                    "the event `\(event.name)` is declared by the deployed service \(other.service) with another type (\(difference)); use the same type, or another name"
                )
            }
        }
    }

    func handler(
        _ handles: BoundDecorator, _ batchDecorator: BoundDecorator?, _ method: MethodSchema, _ syntax: MemberSyntax,
        _ service: ServiceSchema
    ) -> EventHandler? {
        guard let event = handles.text("event") else { return nil }
        let location = handles.location(of: "event")
        if let problem = SchemaNames.problem(withEvent: event) {
            report(location, problem)
            return nil
        }
        requireVoid(method, syntax, "handles an event")
        if let batchDecorator, handles.object("batch") != nil {
            report(
                batchDecorator.location,
                "the batch is given twice, by `@batch` and by the argument `batch` of `@handles`; keep one")
        }
        let batch = (handles.object("batch") ?? batchDecorator).map { batch in
            BatchPolicy(
                maximumItems: batch.wholeNumber("maxItems") ?? BatchPolicy.defaults.maximumItems,
                maximumTime: batch.duration("maxTime") ?? BatchPolicy.defaults.maximumTime,
                maximumBytes: batch.wholeNumber("maxBytes") ?? BatchPolicy.defaults.maximumBytes)
        }
        // A `@batch` that was reported says all the same that a list comes.
        guard batch != nil || !syntax.decorators.contains(where: { $0.name == "batch" }) else { return nil }
        guard let argument = payload(method, syntax, batch == nil ? "the event" : "the list of events"),
            let payload = element(argument, isBatch: batch != nil, syntax, handles)
        else { return nil }
        guard let type = payload.objectName.flatMap({ typesByName[$0] }) else {
            reportPayload(payload, syntax, location)
            return nil
        }
        let path = handles.text("key").flatMap {
            keyPath($0, in: type.fields, of: type.name, at: handles.location(of: "key"))
        }
        let handler = EventHandler(event: event, payloadType: type.name, stateKeyPath: path, batch: batch)
        checkUnique(handler, of: service, location)
        handlers.append(HandlerUse(handler: handler, service: service.name, location: location))
        return handler
    }

    /// Each service gets an event once, so it has one handler for it.
    private func checkUnique(_ handler: EventHandler, of service: ServiceSchema, _ location: SourceLocation) {
        let first = handlers.first { $0.service == service.name && $0.handler.event == handler.event }
        if let first {
            report(
                location,
                "`\(service.name)` handles `\(handler.event)` already (\(place(first.location, from: location))), and gets each event once; use one handler"
            )
        }
    }

    /// The type of one event: the argument's, or that of its items in a batch.
    private func element(
        _ argument: TypeReference, isBatch: Bool, _ syntax: MemberSyntax, _ handles: BoundDecorator
    ) -> TypeReference? {
        let location = syntax.arguments?[0].type.location ?? handles.location
        let name = syntax.arguments?[0].name.text ?? "event"
        guard let element = argument.listElement else {
            if isBatch {
                report(
                    location,
                    "a handler with `batch` takes a list of events; write `\(name): [\(TypeReference(argument.base, isNullable: true))!]!`"
                )
                return nil
            }
            if argument.isNullable { report(location, "an event always has data; write `\(argument)!`") }
            return argument
        }
        guard isBatch else {
            report(
                location,
                "a handler takes one event at a time; write `\(name): \(TypeReference(element.base, isNullable: true))!`, or add `batch: { maxItems: 100 }` to `@handles`"
            )
            return nil
        }
        if argument.isNullable || element.isNullable {
            report(
                location,
                "neither the list of events nor an event can be null; write `\(name): [\(TypeReference(element.base, isNullable: true))!]!`"
            )
        }
        return element
    }

    /// The type of the one argument.
    private func payload(_ method: MethodSchema, _ syntax: MemberSyntax, _ what: String) -> TypeReference? {
        guard method.arguments.count == 1 else {
            report(
                syntax.name.location,
                "`\(syntax.name.text)` wants exactly one argument, \(what); it has \(method.arguments.count)")
            return nil
        }
        return method.arguments[0].type
    }

    private func reportPayload(_ payload: TypeReference, _ syntax: MemberSyntax, _ location: SourceLocation) {
        guard payload.innermost.base != .object(Checker.unresolved) else { return }
        report(
            syntax.arguments?[0].type.location ?? location,
            "the data of an event is an object, and `\(payload)` is none; declare a `type` for it")
    }

    private func requireVoid(_ method: MethodSchema, _ syntax: MemberSyntax, _ what: String) {
        guard !method.result.isVoid, method.result.innermost.base != .object(Checker.unresolved) else { return }
        report(
            syntax.type.location,
            "`\(syntax.name.text)` \(what) and has no answer; write `Void` instead of `\(method.result)`")
    }

    /// Refuses services whose topics are taken by what others have deployed: an event, or the dead letters of a service.
    func checkTopics() {
        for service in documents.flatMap(\.services) {
            let name = "\(namespace).\(service.name.text)"
            guard let owner = others.lazy.compactMap({ self.owner(ofTopicsOf: name, in: $0) }).first else { continue }
            report(service.name.location, "the service `\(name)` would share its topic with \(owner); rename it")
        }
    }

    private func owner(ofTopicsOf name: String, in schema: MeshSchema) -> String? {
        if let event = schema.events.first(where: { $0.name == name || $0.name == name + ".dead" }) {
            return "the event `\(event.name)` of \(event.service)"
        }
        let service = schema.services.first { $0.qualifiedName == name + ".dead" || $0.qualifiedName + ".dead" == name }
        return service.map { "the service \($0.qualifiedName)" }
    }

    // MARK: Handled events

    /// The deployed schemas that aren't an older version of this one.
    private var others: [MeshSchema] {
        let own = Set(documents.flatMap(\.services).map { "\(namespace).\($0.name.text)" })
        return deployed.filter { schema in !schema.services.contains { own.contains($0.qualifiedName) } }
    }

    func checkHandlers() {
        let reader = typesByName.lookup(enums)
        let emitters = others + neighbours
        for use in handlers {
            let handler = use.handler
            let writer: (event: EventDeclaration, lookup: TypeLookup)
            if let own = emitted[handler.event] {
                writer = (own.event, reader)
            } else if let schema = emitters.first(where: { $0.event(handler.event) != nil }),
                let event = schema.event(handler.event)
            {
                writer = (event, schema.lookup)
            } else {
                reportUnknownEvent(handler.event, use.location)
                continue
            }
            let comparison = PayloadReader(writer: writer.lookup, reader: reader)
            if let mismatch = comparison.mismatch(writer.event.payloadType, readAs: handler.payloadType) {
                report(
                    use.location,
                    "the event `\(handler.event)` is a `\(writer.event.payloadType)` of \(writer.event.service) and can't be read as `\(handler.payloadType)`: \(mismatch)"
                )
            }
        }
    }

    private func reportUnknownEvent(_ event: String, _ location: SourceLocation) {
        guard !isIncomplete, !documents.flatMap(\.services).contains(where: \.isIncomplete) else { return }
        // An emitter that was itself reported still declares the name.
        let attempted = documents.flatMap(\.services).flatMap(\.methods).flatMap(\.decorators).filter {
            $0.name == "emits"
        }
        .flatMap(\.arguments).contains { if case .string(event) = $0.value.kind { true } else { false } }
        guard !attempted else { return }
        let known = emitted.keys.sorted() + (others + neighbours).flatMap { $0.events.map(\.name) }
        report(
            location,
            "no service emits `\(event.shortened)`"
                + Suggestion.phrase(
                    for: event, among: known,
                    else:
                        "; declare it with `@emits(event: \"\(event.shortened)\", key: …)`, or name the document that does under `project.imports` in wasmesh.json"
                ))
    }
}
