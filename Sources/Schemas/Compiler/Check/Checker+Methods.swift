extension Checker {
    func method(_ syntax: MemberSyntax, of service: ServiceSchema) -> MethodSchema {
        let decorators = binder.bind(syntax.decorators, on: .method)
        checkCombination(decorators, syntax)
        var arguments: [FieldDefinition] = []
        var first: [String: SourceLocation] = [:]
        for argument in syntax.arguments ?? [] {
            checkName(argument.name, what: "argument")
            checkUnique(argument.name, &first, "argument of `\(syntax.name.text)`")
            arguments.append(definition(argument, on: .argument))
        }
        if arguments.count > SchemaLimits.arguments {
            report(
                syntax.name.location,
                "`\(syntax.name.text)` has more than \(SchemaLimits.arguments) arguments; put them into a type")
        }
        var method = MethodSchema(
            service: service.qualifiedName, name: syntax.name.text, arguments: arguments, result: result(syntax),
            durable: durable(decorators["durable"]), isIdempotent: decorators["idempotent"] != nil,
            isScheduleOnly: decorators["scheduleOnly"] != nil, deprecation: deprecation(decorators),
            documentation: syntax.documentation)
        if let emits = decorators["emits"] {
            if let event = emitted(emits, method, syntax, service) { method.kind = .emits(event) }
        } else if let handles = decorators["handles"] {
            if let handler = handler(handles, decorators["batch"], method, syntax, service) {
                method.kind = .handles(handler)
            }
        } else {
            method.role = role(decorators)
            method.schedule = schedule(decorators["schedule"], method, syntax)
            method.auth = decorators["auth"]?.texts("roles").map(AuthPolicy.init) ?? service.auth
            method.declaredKeyPath = decorators["key"].flatMap { key in
                key.text("field").flatMap {
                    keyPath($0, in: arguments, of: syntax.name.text, at: key.location(of: "field"))
                }
            }
            method.keyPath = method.declaredKeyPath ?? stateKeyPath(arguments, service)
        }
        return method
    }

    /// The argument with the name of the state type's key field.
    private func stateKeyPath(_ arguments: [FieldDefinition], _ service: ServiceSchema) -> [String]? {
        guard let key = service.stateType?.keyField,
            let argument = arguments.first(where: { $0.name == key }), Checker.canBeKey(argument.type)
        else { return nil }
        return [argument.name]
    }

    private func result(_ syntax: MemberSyntax) -> TypeReference {
        let type = resolve(syntax.type)
        if type.base != .scalar(.void), type.innermost.isVoid {
            report(syntax.type.location, "there is no list of `Void`; write `Void` alone")
        }
        // An answer of null travels as {"value":null}, which must not be an object of the type as well.
        if type.isNullable, let name = type.objectName, typesByName[name]?.field("value") != nil {
            report(
                syntax.type.location,
                "`\(syntax.name.text)` may answer null, and `\(name)` has a field `value`, so that an answer could be read as both; write `\(name)!`, or rename the field"
            )
        }
        return type
    }

    private func durable(_ decorator: BoundDecorator?) -> DurablePolicy? {
        guard let decorator else { return nil }
        return DurablePolicy(
            retries: decorator.wholeNumber("retries") ?? DurablePolicy.defaultRetries,
            timeout: decorator.duration("timeout"),
            backoff: decorator.text("backoff").flatMap(DurablePolicy.Backoff.init) ?? .exponential)
    }

    /// Reports decorators that contradict each other.
    private func checkCombination(_ decorators: [String: BoundDecorator], _ syntax: MemberSyntax) {
        let given = Set(syntax.decorators.map(\.name))
        func refuse(_ names: [String], _ reason: String) {
            for name in names {
                if let decorator = decorators[name] { report(decorator.location, "`@\(name)` \(reason)") }
            }
        }
        if given.contains("emits") {
            refuse(["handles"], "can't stand beside `@emits`; use two methods")
            refuse(
                ["key", "durable", "idempotent", "scheduleOnly", "auth", "batch"] + Checker.callDecorators,
                "has no meaning on `\(syntax.name.text)`, which declares an event and is never run; remove it")
        } else if given.contains("handles") {
            refuse(["key"], "is for calls; the key of a handler is the argument `key` of `@handles`")
            refuse(
                ["auth", "scheduleOnly"] + Checker.callDecorators,
                "is for calls, and `\(syntax.name.text)` takes events; remove it")
        } else {
            refuse(["batch"], "is for methods with `@handles`, which take many events at a time; remove it")
            checkRoles(decorators, given, syntax)
            if let auth = decorators["auth"], given.contains("scheduleOnly") {
                report(
                    auth.location,
                    "`@auth` has no meaning beside `@scheduleOnly`: nobody can call the method; remove one")
            }
        }
    }
}
