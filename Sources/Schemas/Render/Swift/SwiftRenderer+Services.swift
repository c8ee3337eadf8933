extension SwiftRenderer {
    func render(_ service: ServiceSchema, to source: inout SourceText) {
        source.line()
        source.line("// MARK: - \(service.qualifiedName)")
        renderProtocol(of: service, to: &source)
        renderCalls(of: service, to: &source)
        renderContext(of: service, to: &source)
        if !service.emitters.isEmpty { renderEvents(of: service, to: &source) }
        for method in service.methods where method.kind == .call && !method.arguments.isEmpty {
            renderArguments(of: method, in: service, to: &source)
        }
    }

    private func renderProtocol(of service: ServiceSchema, to source: inout SourceText) {
        source.line()
        source.documentation(
            service.documentation, SwiftRenderer.note(service.deprecation),
            "To be implemented by a type of yours: `struct \(service.name): \(service.name)Service`. Each message gets a new value of it."
        )
        source.block("protocol \(service.name)Service") { source in
            source.line("init()")
            for method in service.methods where method.isImplementedByGuest {
                source.line()
                let event = method.eventHandler.map { "Handles `\($0.event)`." }
                source.documentation(method.documentation, event, SwiftRenderer.note(method.deprecation))
                source.line(signature(of: method, in: service))
            }
        }
    }

    private func signature(of method: MethodSchema, in service: ServiceSchema) -> String {
        var parameters = parameters(of: method)
        parameters.append("\(SwiftRenderer.contextLabel(of: method)): \(service.name)Context")
        let result = method.result.isVoid ? "" : " -> \(names.type(method.result))"
        return
            "func \(SwiftNames.identifier(method.name))(\(parameters.joined(separator: ", "))) throws(MeshError)\(result)"
    }

    private func parameters(of method: MethodSchema) -> [String] {
        method.arguments.map { "\(SwiftNames.property($0.name)): \(names.type($0.type))" }
    }

    /// The label of the context's parameter: `mesh`, unless an argument has that name.
    static func contextLabel(of method: MethodSchema) -> String {
        method.arguments.contains { $0.name == "mesh" } ? "context" : "mesh"
    }

    private func renderCalls(of service: ServiceSchema, to source: inout SourceText) {
        let calls = service.methods.filter { $0.kind == .call }
        if calls.isEmpty { return }
        source.line()
        source.block("extension \(service.name)Service") { source in
            for (index, method) in calls.enumerated() {
                if index > 0 { source.line() }
                let parameters = method.arguments.map { field in
                    let parameter = "\(SwiftNames.property(field.name)): \(names.type(field.type))"
                    return field.type.isNullable ? parameter + " = nil" : parameter
                }
                let arguments = method.arguments.map { field in
                    let name = SwiftNames.property(field.name)
                    return "\(name): \(name)"
                }
                let data =
                    arguments.isEmpty
                    ? "NoArguments()"
                    : "\(SwiftNames.arguments(of: method, in: service))(\(arguments.joined(separator: ", ")))"
                source.documentation("A call of `\(method.qualifiedName)`, to be sent with `mesh.send`.")
                let name = SwiftNames.identifier(method.name)
                source.block("static func \(name)(\(parameters.joined(separator: ", "))) -> MeshCall") { source in
                    source.line("MeshCall(\"\(method.qualifiedName)\", arguments: \(data))")
                }
            }
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

    private func renderArguments(of method: MethodSchema, in service: ServiceSchema, to source: inout SourceText) {
        source.line()
        source.block("private struct \(SwiftNames.arguments(of: method, in: service)): JSONCodable") { source in
            for field in method.arguments {
                source.line("var \(SwiftNames.property(field.name)): \(names.type(field.type))")
            }
        }
        source.line()
        source.block("extension \(SwiftNames.arguments(of: method, in: service))") { source in
            renderCoding(of: method.name, fields: method.arguments, to: &source)
        }
    }
}
