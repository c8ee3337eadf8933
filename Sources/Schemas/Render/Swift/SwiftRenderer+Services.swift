extension SwiftRenderer {
    func render(_ service: ServiceSchema, to source: inout SourceText) {
        source.line()
        source.line("// MARK: - \(service.qualifiedName)")
        renderProtocol(of: service, to: &source)
        renderCalls(of: service, to: &source)
        renderContext(of: service, to: &source)
        if !service.workflows.isEmpty { renderWorkflows(of: service, to: &source) }
        if !service.emitters.isEmpty { renderEvents(of: service, to: &source) }
        renderArguments(of: service, to: &source)
    }

    private func renderProtocol(of service: ServiceSchema, to source: inout SourceText) {
        source.line()
        source.documentation(
            service.documentation, SwiftRenderer.note(service.deprecation),
            "To be implemented by a type of yours: `struct \(SwiftNames.identifier(service.name)): \(service.name)Service`. Each message gets a new value of it."
        )
        source.block("protocol \(service.name)Service") { source in
            source.line("init()")
            for method in service.methods where method.isImplementedByGuest {
                source.line()
                let note = method.eventHandler.map { "Handles `\($0.event)`." } ?? SwiftRenderer.note(method.role)
                source.documentation(method.documentation, note, SwiftRenderer.note(method.deprecation))
                source.line(signature(of: method, in: service))
            }
        }
    }

    private func signature(of method: MethodSchema, in service: ServiceSchema) -> String {
        var parameters = parameters(of: method)
        parameters.append(
            "\(SwiftRenderer.contextLabel(of: method)): \(SwiftRenderer.context(of: method, in: service))")
        let result = method.result.isVoid ? "" : " -> \(names.type(method.result))"
        return
            "func \(SwiftNames.identifier(method.name))(\(parameters.joined(separator: ", "))) throws(MeshError)\(result)"
    }

    func parameters(of method: MethodSchema) -> [String] {
        method.arguments.map { "\(SwiftNames.property($0.name)): \(names.type($0.type))" }
    }

    /// The label of the context's parameter: `mesh`, unless an argument has that name.
    static func contextLabel(of method: MethodSchema) -> String {
        let taken = Set(method.arguments.map(\.name))
        var label = taken.contains("mesh") ? "context" : "mesh"
        while taken.contains(label) { label += "_" }
        return label
    }

    private func renderCalls(of service: ServiceSchema, to source: inout SourceText) {
        let calls = service.methods.filter { $0.kind == .call }
        if calls.isEmpty { return }
        source.line()
        source.block("extension \(service.name)Service") { source in
            for (index, method) in calls.enumerated() {
                if index > 0 { source.line() }
                renderCall(of: method, in: service, to: &source)
            }
        }
    }

    /// The static function that makes a call of a method.
    func renderCall(of method: MethodSchema, in service: ServiceSchema, to source: inout SourceText) {
        let words = SwiftNames.words(ofCall: method, in: service)
        // An argument that is named like a type (`Mesh: ID!`) would hide it in the body, so there they have other names.
        let hidesType = method.arguments.contains { words.contains($0.name) }
        let inner = { (field: FieldDefinition) in hidesType ? "argument_" + field.name : nil }
        let parameters = method.arguments.map { field in
            let label = [SwiftNames.property(field.name), inner(field)].compactMap { $0 }.joined(separator: " ")
            let parameter = "\(label): \(names.type(field.type))"
            return field.type.isNullable ? parameter + " = nil" : parameter
        }
        let arguments = method.arguments.map { field in
            "\(SwiftNames.label(field.name)): \(inner(field) ?? SwiftNames.property(field.name))"
        }
        let data =
            arguments.isEmpty
            ? "NoArguments()"
            : "\(SwiftNames.arguments(of: method, in: service))(\(arguments.joined(separator: ", ")))"
        let base = names.type(TypeReference(method.result.base))
        let form =
            switch method.answerForm {
            case .empty: ""
            case .object: ", \(method.result.isNullable ? "objectOrNull" : "object"): \(base).self"
            case .value: ", value: \(names.type(method.result)).self"
            }
        source.documentation(SwiftRenderer.callNote(method), SwiftRenderer.note(method.deprecation))
        let name = SwiftNames.identifier(method.name)
        let answer = method.result.isVoid ? "Void" : names.type(method.result)
        source.block("static func \(name)(\(parameters.joined(separator: ", "))) -> Mesh.Call<\(answer)>") { source in
            source.line("Mesh.Call(\"\(method.qualifiedName)\", \(data)\(form))")
        }
    }

    private func renderContext(of service: ServiceSchema, to source: inout SourceText) {
        let state = service.stateType.map { SwiftNames.identifier($0.name) }
        source.line()
        source.documentation("What a handler of `\(service.name)` knows about its message, and can do.")
        source.block("final class \(service.name)Context: MeshContext") { source in
            source.line("let host: MeshHost")
            if let state { source.line("private let keyedState: KeyedState<\(state)>") }
            source.line()
            source.block("init(_ host: MeshHost)") { source in
                source.line("self.host = host")
                if state != nil { source.line("keyedState = KeyedState(host)") }
            }
            if let state { renderState(state, to: &source) }
            if !service.emitters.isEmpty {
                source.line()
                source.documentation("Publishes an event, if the handler succeeds.")
                source.line("func emit(_ event: \(service.name)Event) { event.event.emit(on: host) }")
            }
        }
    }

    private func renderState(_ state: String, to source: inout SourceText) {
        source.line()
        source.documentation("The state of this message's key; nil where there is none. Setting it to nil removes it.")
        source.block("var state: \(state)?") { source in
            source.line("get { keyedState.value }")
            source.line("set { keyedState.value = newValue }")
        }
        source.line()
        source.line("fileprivate func save() { keyedState.save() }")
    }

    private func renderEvents(of service: ServiceSchema, to source: inout SourceText) {
        source.line()
        source.documentation("The events that `\(service.name)` emits.")
        let name = "\(service.name)Event"
        source.block("struct \(name)") { source in
            source.line("fileprivate let event: MeshEvent")
            for method in service.emitters {
                guard let event = method.emittedEvent else { continue }
                source.line()
                source.documentation(method.documentation, "`\(event.name)`", SwiftRenderer.note(method.deprecation))
                let payload = SwiftNames.identifier(event.payloadType)
                source.block("static func \(SwiftNames.identifier(method.name))(_ event: \(payload)) -> \(name)") {
                    source in
                    source.line("\(name)(event: MeshEvent(\"\(event.name)\", event))")
                }
            }
        }
    }

    func renderArguments(of service: ServiceSchema, to source: inout SourceText) {
        for method in service.methods where method.kind == .call && !method.arguments.isEmpty {
            renderArguments(of: method, in: service, to: &source)
        }
    }

    func renderArguments(of method: MethodSchema, in service: ServiceSchema, to source: inout SourceText) {
        source.line()
        let name = SwiftNames.arguments(of: method, in: service)
        if method.role == .signal { source.documentation("What the signal `\(method.name)` brings.") }
        let access = method.role == .signal ? "" : isNested ? "fileprivate " : "private "
        renderStruct("\(access)struct \(name): JSONCodable", name, method.arguments, of: method.name, to: &source) {
            field, source in source.line("var \(SwiftNames.property(field.name)): \(names.type(field.type))")
        }
    }
}
