extension Checker {
    func checkServices() {
        for syntax in documents.flatMap(\.services) {
            let decorators = binder.bind(syntax.decorators, on: .service)
            if syntax.methods.isEmpty, !syntax.isIncomplete {
                report(syntax.name.location, "the service `\(syntax.name.text)` has no methods; add at least one")
            }
            if syntax.methods.count > SchemaLimits.methods {
                report(syntax.name.location, "`\(syntax.name.text)` has more than \(SchemaLimits.methods) methods")
            }
            var service = ServiceSchema(
                namespace: namespace, name: syntax.name.text, stateType: stateType(decorators["state"]), methods: [],
                auth: decorators["auth"]?.texts("roles").map(AuthPolicy.init), documentation: syntax.documentation,
                deprecation: deprecation(decorators))
            var first: [String: SourceLocation] = [:]
            for method in syntax.methods {
                checkName(method.name, what: "method")
                checkUnique(method.name, &first, "method of `\(syntax.name.text)`")
                service.methods.append(self.method(method, of: service))
            }
            checkRoles(of: service, syntax)
            services.append(service)
        }
        checkViews()
    }

    /// Reports services whose state or workflows Postgres would show in one and the same view.
    private func checkViews() {
        var first: [String: (what: String, location: SourceLocation)] = [:]
        func claim(_ view: String, _ what: String, _ location: SourceLocation) {
            guard let other = first[view] else { return first[view] = (what, location) }
            // What is declared twice is reported as such.
            guard other.what != what else { return }
            report(
                location,
                "\(what) would be shown in the view `\(view)`, which is that of \(other.what) (\(place(other.location, from: location))); rename one"
            )
        }
        for (service, syntax) in zip(services, documents.lazy.flatMap(\.services)) {
            let view = SchemaNames.snakeCase(service.name)
            if service.stateType != nil { claim(view, "the state of `\(service.name)`", syntax.name.location) }
            for (method, syntax) in zip(service.methods, syntax.methods) where method.role == .workflow {
                claim(
                    "\(view)_\(SchemaNames.snakeCase(method.name))",
                    "the workflows of `\(service.name).\(method.name)`",
                    syntax.name.location)
            }
        }
    }

    private func stateType(_ state: BoundDecorator?) -> ObjectType? {
        guard let state, let name = state.text("type") else { return nil }
        let location = state.location(of: "type")
        guard let type = typesByName[name] else {
            if !isIncomplete {
                report(
                    location,
                    declarations[name] == nil
                        ? "there is no type `\(name.shortened)` for the state"
                            + Suggestion.phrase(
                                for: name, among: typesByName.keys.sorted(),
                                else: "; declare it with `type \(name.shortened) @key(field: \"id\") { … }`")
                        : "the state `\(name)` isn't an object type; wrap it in a `type` with a key")
            }
            return nil
        }
        guard type.keyField != nil else {
            let declaresKey = documents.flatMap(\.types).contains { type in
                type.name.text == name && type.decorators.contains { $0.name == "key" }
            }
            if !declaresKey {
                let candidate = type.fields.first { !$0.type.isNullable && Checker.canBeKey($0.type) }?.name ?? "id"
                report(
                    location,
                    "the state's type `\(name)` has no `@key`; write `type \(name) @key(field: \"\(candidate)\")`")
            }
            return nil
        }
        return type
    }
}
