extension SwiftRenderer {
    func renderDispatch(to source: inout SourceText) {
        source.line()
        source.line("// MARK: - The module")
        source.line()
        source.documentation(
            "Runs messages: what the mesh does with this module. In tests: `mesh.deliver(\"…\", json, MeshModule.handle)`."
        )
        source.block("enum MeshModule") { source in
            source.block("static func handle(_ request: MeshRequest) throws(MeshError)") { source in
                source.line("switch request.method {")
                for service in schema.services {
                    for method in service.methods where method.isImplementedByGuest {
                        renderCase(method, in: service, to: &source)
                    }
                }
                source.line("default: throw request.unknownMethod")
                source.line("}")
            }
        }
        renderMethodTable(to: &source)
        source.line()
        source.line("#if arch(wasm32)")
        source.line("@_expose(wasm, \"mesh_handle\")")
        source.line("@_cdecl(\"mesh_handle\")")
        source.line("public func _meshHandle(")
        source.line(
            "    _ method: UnsafePointer<UInt8>?, _ methodLength: Int32, _ data: UnsafePointer<UInt8>?, _ dataLength: Int32"
        )
        source.block(") -> Int32") { source in
            source.line("MeshRequest.run(method, methodLength, data, dataLength, MeshModule.handle)")
        }
        source.line("#endif")
    }

    /// What tests need to know of the methods beyond their types.
    private func renderMethodTable(to source: inout SourceText) {
        source.line()
        source.line("#if !arch(wasm32)")
        source.documentation("For `WorkflowTest(MeshModule.self)`.")
        source.block("extension MeshModule: Mesh.GuestModule") { source in
            source.line("static let methods: [Mesh.GuestMethod] = [")
            for method in schema.services.flatMap(\.methods) where method.kind == .call {
                let key = method.keyPath.map { ", key: [\($0.map { "\"\($0)\"" }.joined(separator: ", "))]" } ?? ""
                let retries = method.durable.map { ", retries: \($0.retries)" } ?? ""
                let answered = method.isAnsweredSignal ? ", isAnswered: true" : ""
                source.line(
                    "    .init(\"\(method.qualifiedName)\", .\(method.role.rawValue)\(key)\(retries)\(answered)),")
            }
            source.line("]")
        }
        source.line("#endif")
    }

    private func renderCase(_ method: MethodSchema, in service: ServiceSchema, to source: inout SourceText) {
        source.line("case \"\(service.name)/\(method.name)\":")
        source.line("    let mesh = \(SwiftRenderer.context(of: method, in: service))(request.host)")
        var arguments = method.arguments.map {
            "\(SwiftNames.label($0.name)): arguments.\(SwiftNames.property($0.name))"
        }
        if let argument = method.arguments.first, method.eventHandler != nil {
            source.line("    let event = try request.decoded(as: \(names.type(argument.type)).self)")
            arguments = ["\(SwiftNames.label(argument.name)): event"]
        } else if !arguments.isEmpty {
            source.line(
                "    let arguments = try request.decoded(as: \(SwiftNames.arguments(of: method, in: service)).self)")
        }
        arguments.append("\(SwiftRenderer.contextLabel(of: method)): mesh")
        let type = SwiftNames.identifier(service.name)
        let call = "try \(type)().\(SwiftNames.identifier(method.name))(\(arguments.joined(separator: ", ")))"
        switch method.answerForm {
        case .empty: source.line("    \(call)")
        case .object:
            source.line("    request.reply(\(method.result.isNullable ? "objectOrNull" : "object"): \(call))")
        case .value: source.line("    request.reply(value: \(call))")
        }
        if service.stateType != nil, method.role == .handler { source.line("    mesh.save()") }
    }
}
