extension TypeScriptRenderer {
    /// The arguments' types of a service's methods, and its client.
    func render(_ service: ServiceSchema, to source: inout SourceText) {
        let methods = service.methods.filter(\.isExposed)
        for method in methods {
            guard let name = names.arguments(of: method) else { continue }
            source.line()
            source.comment("The arguments of `\(method.qualifiedName)`.")
            render("export interface \(name)", method.arguments, to: &source)
        }
        source.line()
        source.comment(
            service.documentation, "Calls of `\(service.qualifiedName)`.",
            TypeScriptRenderer.note(service.deprecation))
        source.block("export class \(TypeScriptNames.type(service.name))") { source in
            source.line("readonly #mesh: MeshOptions;")
            source.line()
            source.block("constructor(options: MeshOptions)") { $0.line("this.#mesh = options;") }
            for method in methods { render(method, to: &source) }
        }
    }

    private func render(_ method: MethodSchema, to source: inout SourceText) {
        let name = TypeScriptNames.method(method.name)
        let type = names.arguments(of: method) ?? "Record<string, never>"
        let isOptional = !method.needsGivenKey && !method.arguments.contains { !$0.type.isNullable }
        let result = method.result.isVoid ? "void" : TypeScriptNames.use(method.result)
        let key = method.needsGivenKey ? " & { key: string }" : ""
        let options = method.needsGivenKey ? "options: MeshCallOptions\(key)" : "options?: MeshCallOptions"
        source.line()
        comment(method, to: &source)
        source.line("\(name)(args\(isOptional ? "?" : ""): \(type), \(options)): Promise<\(result)>;")
        source.comment("The same, with a handle to poll.", TypeScriptRenderer.note(method.deprecation))
        let given = isOptional ? type + " | undefined" : type
        source.line("\(name)(args: \(given), options: MeshAsyncOptions\(key)): Promise<MeshCall<\(result)>>;")
        source.block(
            "\(name)(args?: \(type), options?: MeshCallOptions | MeshAsyncOptions): Promise<\(result) | MeshCall<\(result)>>"
        ) { source in
            source.line(
                "return $call(this.#mesh, \"\(method.qualifiedName)\", args ?? {}, options ?? {}, \(TypeScriptRenderer.reader(method)));"
            )
        }
    }

    private func comment(_ method: MethodSchema, to source: inout SourceText) {
        let role: String? =
            switch method.role {
            case .handler: nil
            case .workflow: "Starts the workflow whose id is the call's key, and is answered when that ends."
            case .signal where method.isAnsweredSignal: "Answered by the workflow whose id is the call's key."
            case .signal: "Answered when the workflow's journal has it."
            case .query: "Changes nothing."
            }
        source.comment(
            method.documentation, role, method.isIdempotent ? "Repeating it does no harm." : nil,
            method.auth.map {
                "Wants a token with one of the roles \($0.roles.map { "`\($0)`" }.joined(separator: ", "))."
            },
            TypeScriptRenderer.note(method.deprecation))
    }

    /// What makes the answer of what came.
    private static func reader(_ method: MethodSchema) -> String {
        switch method.answerForm {
        case .empty: "$read.nothing"
        case .value: "$read.value"
        case .object: method.result.isNullable ? "$read.objectOrNull" : "$read.object"
        }
    }

    /// The events that may be published, by name.
    func renderEvents(to source: inout SourceText) {
        source.line()
        source.comment("The events of this schema, and what they say.")
        source.block("export interface MeshEvents") { source in
            for event in schema.events {
                let method = schema.service(event.service)?.method(event.method)
                source.comment(method?.documentation, TypeScriptRenderer.note(method?.deprecation))
                source.line("\"\(event.name)\": \(TypeScriptNames.type(event.payloadType));")
            }
        }
    }
}
