/// One comparison of two versions of a schema.
struct SchemaComparison {
    let old: MeshSchema
    let new: MeshSchema
    /// The events that somebody handles once the new version is in force; nil where that isn't known.
    let heard: Set<String>?
    var changes: [CompatibilityChange] = []

    init(old: MeshSchema, new: MeshSchema, heard: Set<String>?) {
        self.old = old
        self.new = new
        self.heard = heard
    }

    mutating func compare() {
        guard old.namespace == new.namespace else {
            add(
                .breaking, .callers, old.namespace,
                "the namespace is now `\(new.namespace)`, so that all names and topics change")
            return
        }
        for service in old.services {
            if let successor = new.service(service.name) {
                compare(service, successor)
            } else {
                add(.breaking, .callers, service.qualifiedName, "the service is gone")
            }
        }
        for service in new.services where old.service(service.name) == nil {
            add(.compatible, .callers, service.qualifiedName, "the service is new")
        }
        compareEvents()
    }

    mutating func add(
        _ severity: CompatibilityChange.Severity, _ audience: CompatibilityChange.Audience, _ subject: String,
        _ message: String
    ) {
        changes.append(CompatibilityChange(severity, audience, subject, message))
    }

    private mutating func addBreaks(
        _ mismatches: [String], _ audience: CompatibilityChange.Audience, _ subject: String, _ prefix: String
    ) {
        for mismatch in mismatches { add(.breaking, audience, subject, "\(prefix): \(mismatch)") }
    }

    // MARK: Services

    private mutating func compare(_ before: ServiceSchema, _ after: ServiceSchema) {
        compareState(before, after)
        for method in before.methods {
            if let successor = after.method(method.name) {
                compare(method, successor)
            } else if method.kind == .call {
                addRemoval(of: method)
            }
            if let handler = method.eventHandler { compareHandlers(method, handler, after) }
        }
        for method in after.methods where before.method(method.name)?.kind != .call && method.kind == .call {
            add(.compatible, .callers, method.qualifiedName, "the method is new")
        }
    }

    private mutating func compare(_ before: MethodSchema, _ after: MethodSchema) {
        switch (before.kind, after.kind) {
        case (.call, .call): compareCalls(before, after)
        case (.call, _): add(.breaking, .callers, before.qualifiedName, "it can't be called any more")
        case (.emits, _), (.handles, _): break  // Events are compared by name, wherever they are declared.
        }
    }

    /// A handler is what takes an event, whatever it is called.
    private mutating func compareHandlers(_ method: MethodSchema, _ before: EventHandler, _ service: ServiceSchema) {
        guard let after = service.handlers.lazy.compactMap(\.eventHandler).first(where: { $0.event == before.event })
        else {
            return add(
                .compatible, .handlers, method.qualifiedName,
                "the service doesn't handle `\(before.event)` any more")
        }
        let from = before.stateKeyPath ?? old.event(before.event)?.keyPath
        let to = after.stateKeyPath ?? new.event(before.event)?.keyPath
        // That of an event that another schema declares isn't known here.
        guard from != to, before.stateKeyPath != after.stateKeyPath else { return }
        add(
            .breaking, .state, method.qualifiedName,
            "the key of its state is now \(shown(after.stateKeyPath, else: "the event's key")), so that state of other keys is read"
        )
    }

    private mutating func compareCalls(_ before: MethodSchema, _ after: MethodSchema) {
        let name = before.qualifiedName
        compareRoles(before, after)
        // Callers write arguments in the old form, which the new version reads; unknown ones are refused.
        let arguments = PayloadReader(writer: old.lookup, reader: new.lookup, refusesUnknown: true)
        addBreaks(
            arguments.mismatches(before.arguments, readAs: after.arguments), .callers, name,
            "calls of the old form are refused")
        for argument in after.arguments
        where argument.type.isNullable && !before.arguments.contains(where: { $0.name == argument.name }) {
            add(.compatible, .callers, name, "the argument `\(argument.name)` is new and may be left out")
        }
        compareAnswers(before, after)
        if before.isExposed, !after.isExposed {
            add(.breaking, .callers, name, "it is `@scheduleOnly` now and can't be called")
        }
        if !before.isExposed, after.isExposed {
            add(.compatible, .callers, name, "it isn't `@scheduleOnly` any more and can be called")
        }
        if before.isIdempotent, !after.isIdempotent {
            add(.breaking, .callers, name, "it isn't `@idempotent` any more, and callers may repeat their calls")
        }
        if before.keyPath != after.keyPath {
            add(
                .breaking, .state, name,
                "its key is now \(shown(after.keyPath, else: "the caller's")) instead of \(shown(before.keyPath, else: "the caller's")), so that order and state of other keys hold"
            )
        }
        compareAuth(before, after)
        if before.deprecation == nil, after.deprecation != nil {
            add(.compatible, .callers, name, "it is deprecated now")
        }
    }

    private mutating func compareAuth(_ before: MethodSchema, _ after: MethodSchema) {
        let former = before.auth.map { Set($0.roles) }
        guard let roles = after.auth?.roles else {
            if former != nil { add(.compatible, .callers, before.qualifiedName, "anybody may call it now") }
            return
        }
        let list = roles.map { "`\($0)`" }.joined(separator: ", ")
        if former == nil || former?.isSubset(of: roles) == false {
            add(.breaking, .callers, before.qualifiedName, "it wants one of the roles \(list) now")
        } else if former != Set(roles) {
            add(.compatible, .callers, before.qualifiedName, "callers with one of the roles \(list) may call it now")
        }
    }

    private mutating func compareAnswers(_ before: MethodSchema, _ after: MethodSchema) {
        switch (before.answerForm, after.answerForm) {
        case (.empty, .empty): return
        case (.empty, _): add(.compatible, .callers, before.qualifiedName, "it answers `\(after.result)` now")
        case (_, .empty):
            add(.breaking, .callers, before.qualifiedName, "it doesn't answer `\(before.result)` any more")
        case (.object, .value), (.value, .object):
            add(.breaking, .callers, before.qualifiedName, "it answers `\(after.result)` instead of `\(before.result)`")
        case (.object, .object), (.value, .value):
            // The new version writes answers, which callers read in the old form.
            let answers = PayloadReader(writer: new.lookup, reader: old.lookup)
            let mismatches = answers.mismatches(after.result, readAs: before.result, path: "answer")
            addBreaks(mismatches, .callers, before.qualifiedName, "callers of the old form can't read its answer")
            compareNull(before, after)
        }
    }

    /// On the wire a null answer is an object whose one field is `value`, so that no type that may be null has a field of that name.
    private mutating func compareNull(_ before: MethodSchema, _ after: MethodSchema) {
        guard before.result.isNullable, let name = after.result.objectName, new.type(name)?.field("value") != nil else {
            return
        }
        add(
            .breaking, .callers, before.qualifiedName,
            "`\(name)` has a field `value` now, by which callers of the old form know the answer null")
    }

    private func shown(_ path: [String]?, else fallback: String) -> String {
        path.map { "`\($0.joined(separator: "."))`" } ?? fallback
    }

    // MARK: State

    private mutating func compareState(_ before: ServiceSchema, _ after: ServiceSchema) {
        guard let from = before.stateType else {
            if let to = after.stateType {
                add(.compatible, .state, before.qualifiedName, "it keeps state of the type `\(to.name)` now")
            }
            return
        }
        guard let to = after.stateType else {
            add(
                .breaking, .state, before.qualifiedName,
                "it doesn't keep state any more; what is stored (`\(from.name)`) is out of reach")
            return
        }
        let stored = PayloadReader(writer: old.lookup, reader: new.lookup, refusesUnknown: true)
        addBreaks(
            stored.mismatches(from.name, readAs: to.name), .state, before.qualifiedName,
            "stored state can't be read as `\(to.name)`")
        if from.keyField != to.keyField {
            add(
                .breaking, .state, before.qualifiedName,
                "the key of its state is now `\(to.keyField ?? "")` instead of `\(from.keyField ?? "")`")
        }
        for field in before.attributes where to.field(field.name)?.isAttribute == false {
            add(
                .breaking, .workflows, before.qualifiedName,
                "`\(to.name).\(field.name)` isn't an `@attribute` any more, so that workflows can't be searched by it")
        }
        for field in to.fields where field.type.isNullable && from.field(field.name) == nil {
            add(
                .compatible, .state, before.qualifiedName,
                "`\(to.name).\(field.name)` is new, and null in what is stored")
        }
    }

    // MARK: Events

    private mutating func compareEvents() {
        for event in old.events {
            guard let successor = new.event(event.name) else {
                if let heard, !heard.contains(event.name) {
                    add(.compatible, .handlers, event.name, "it isn't emitted any more, and nobody handles it")
                } else {
                    add(.breaking, .handlers, event.name, "nobody emits it any more")
                }
                continue
            }
            // What is written from now on is read by handlers of the old form.
            let future = PayloadReader(writer: new.lookup, reader: old.lookup)
            addBreaks(
                future.mismatches(successor.payloadType, readAs: event.payloadType), .handlers, event.name,
                "handlers of the old form can't read it")
            // Whoever isn't this service, and publishes by HTTP or SQL, writes the old form until he is told.
            let published = PayloadReader(writer: old.lookup, reader: new.lookup, refusesUnknown: true)
            for mismatch in published.mismatches(event.payloadType, readAs: successor.payloadType) {
                add(
                    .compatible, .callers, event.name,
                    "who publishes it from outside in the old form is refused: \(mismatch)")
            }
            if event.keyPath != successor.keyPath {
                add(
                    .breaking, .handlers, event.name,
                    "its key is now \(shown(successor.keyPath, else: "its own id")) instead of \(shown(event.keyPath, else: "its own id")), so that order is kept by another key"
                )
            }
            // What still waits in the topic is read by the handlers of the new version.
            let waiting = PayloadReader(writer: old.lookup, reader: new.lookup)
            for handler in new.handlers(of: event.name).compactMap(\.method.eventHandler) {
                addBreaks(
                    waiting.mismatches(event.payloadType, readAs: handler.payloadType), .handlers, event.name,
                    "events that wait in the topic can't be read as `\(handler.payloadType)`")
            }
        }
        for event in new.events where old.event(event.name) == nil {
            add(.compatible, .handlers, event.name, "the event is new")
        }
    }
}
