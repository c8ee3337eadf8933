extension SwiftRenderer {
    /// The type of what a method's code gets: it can do what its role may do.
    static func context(of method: MethodSchema, in service: ServiceSchema) -> String {
        switch method.role {
        case .handler, .signal: service.name + "Context"
        case .workflow: service.name + "Workflow"
        case .query: service.name + "Query"
        }
    }

    static func note(_ role: MethodRole) -> String? {
        switch role {
        case .handler, .signal: nil
        case .workflow: "A workflow: it may wait, and is run again from its start when what it waits for has happened."
        case .query: "A query: it may read the state, and nothing else."
        }
    }

    /// What a call value is for.
    static func callNote(_ method: MethodSchema) -> String {
        switch method.role {
        case .handler, .query: "A call of `\(method.qualifiedName)`, for `mesh.send`, and `mesh.call` in workflows."
        case .workflow: "Starts `\(method.qualifiedName)`, for `mesh.send`, and `mesh.call` in workflows."
        case .signal where method.isAnsweredSignal:
            "The signal `\(method.qualifiedName)`, for `mesh.send`, and `mesh.call` in workflows, which waits for the answer."
        case .signal: "The signal `\(method.qualifiedName)`, for `mesh.send`, and `mesh.call` in workflows."
        }
    }

    /// The contexts of workflows and queries, and the signals.
    func renderWorkflows(of service: ServiceSchema, to source: inout SourceText) {
        let state = service.stateType.map { SwiftNames.identifier($0.name) }
        source.line()
        source.documentation("What a workflow of `\(service.name)` can do.")
        source.block("final class \(service.name)Workflow: Mesh.WorkflowContext") { source in
            source.line("let host: MeshHost")
            source.line()
            source.line("init(_ host: MeshHost) { self.host = host }")
            if let state { renderWorkflowState(state, to: &source) }
            if !service.emitters.isEmpty {
                source.line()
                source.documentation("Publishes an event; recorded, and published once.")
                source.line("func emit(_ event: \(service.name)Event) { event.event.emit(on: host) }")
            }
        }
        if service.methods.contains(where: { $0.role == .query }) { renderQuery(of: service, state, to: &source) }
        for method in service.methods where method.role == .signal { renderSignal(method, of: service, to: &source) }
    }

    private func renderWorkflowState(_ state: String, to source: inout SourceText) {
        source.line()
        source.documentation(
            "The state of this workflow's key as it is at this moment; nil where there is none. Each reading and each setting is recorded."
        )
        source.block("var state: \(state)?") { source in
            source.line("get { KeyedState(host).value }")
            source.block("set") { source in
                source.line("let state = KeyedState<\(state)>(host)")
                source.line("state.value = newValue")
                source.line("state.save()")
            }
        }
    }

    private func renderQuery(of service: ServiceSchema, _ state: String?, to source: inout SourceText) {
        source.line()
        source.documentation("What a query of `\(service.name)` knows about its message.")
        source.block("final class \(service.name)Query: Mesh.MeshFacts") { source in
            source.line("let host: MeshHost")
            source.line()
            source.line("init(_ host: MeshHost) { self.host = host }")
            guard let state else { return }
            source.line()
            source.documentation("The state of this key as it was committed last; nil where there is none.")
            source.line("var state: \(state)? { KeyedState(host).value }")
        }
    }

    private func renderSignal(_ method: MethodSchema, of service: ServiceSchema, to source: inout SourceText) {
        let arguments =
            method.arguments.isEmpty ? "NoArguments" : SwiftNames.arguments(of: method, in: service)
        // A name of its own: in the extension the result's name may be that of a parameter of `Signal`.
        let value = method.isAnsweredSignal ? SwiftNames.request(of: method, in: service) : arguments
        if method.isAnsweredSignal {
            source.line()
            source.documentation(
                "What a receive of the signal `\(method.name)` gives: what it brings, and the way to answer.")
            source.line("typealias \(value) = Mesh.Request<\(arguments), \(names.type(method.result))>")
        }
        let form =
            switch method.answerForm {
            case .empty: ""
            case .object: method.result.isNullable ? "objectOrNull: " : "object: "
            case .value: "value: "
            }
        source.line()
        source.block(
            "extension Mesh.Signal where Context == \(service.name)Workflow, Value == \(value)"
        ) { source in
            source.documentation(method.documentation, SwiftRenderer.note(method.deprecation))
            let name = SwiftNames.property(method.name)
            source.line(
                "static var \(name): Mesh.Signal<\(service.name)Workflow, \(value)> { .init(\(form)\"\(method.name)\") }"
            )
        }
    }
}
