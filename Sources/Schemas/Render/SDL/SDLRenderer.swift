/// Writes a schema in the schema language, in one canonical form: what the `wasmesh.schema` section of a package holds.
///
/// Compiling the text gives an equal schema again.
package enum SDLRenderer {
    /// The document of `schema`.
    package static func render(_ schema: MeshSchema) -> String {
        var text = documentation(schema.documentation, indentation: "")
        text += "@mesh(namespace: \(string(schema.namespace)), version: \(string(schema.version.description)))\n"
        for type in schema.enums { text += "\n" + render(type) }
        for type in schema.types { text += "\n" + render(type) }
        for service in schema.services { text += "\n" + render(service) }
        return text
    }

    private static func render(_ type: EnumType) -> String {
        var text = documentation(type.documentation, indentation: "")
        text += "enum \(type.name)\(trailing([deprecated(type.deprecation)])) {\n"
        for value in type.values {
            text += documentation(value.documentation, indentation: "  ")
            text += "  \(value.name)\(trailing([deprecated(value.deprecation)]))\n"
        }
        return text + "}\n"
    }

    private static func render(_ type: ObjectType) -> String {
        var text = documentation(type.documentation, indentation: "")
        let key = type.keyField.map { "@key(field: \(string($0)))" }
        text += "type \(type.name)\(trailing([key, deprecated(type.deprecation)])) {\n"
        for field in type.fields {
            text += documentation(field.documentation, indentation: "  ") + "  \(member(field))\n"
        }
        return text + "}\n"
    }

    private static func render(_ service: ServiceSchema) -> String {
        var text = documentation(service.documentation, indentation: "")
        let state = service.stateType.map { "@state(type: \(string($0.name)))" }
        let decorators = [state, service.auth.map(auth), deprecated(service.deprecation)]
        text += "service \(service.name)\(trailing(decorators)) {\n"
        for (index, method) in service.methods.enumerated() {
            text += (index == 0 ? "" : "\n") + render(method, of: service)
        }
        return text + "}\n"
    }

    private static func render(_ method: MethodSchema, of service: ServiceSchema) -> String {
        var text = documentation(method.documentation, indentation: "  ")
        for decorator in decorators(of: method, service) { text += "  \(decorator)\n" }
        text += "  \(method.name)\(arguments(method.arguments)): \(method.result)\n"
        return text
    }

    private static func arguments(_ arguments: [FieldDefinition]) -> String {
        guard !arguments.isEmpty else { return "" }
        guard arguments.contains(where: { $0.documentation != nil }) else {
            return "(\(arguments.map(member).joined(separator: ", ")))"
        }
        let lines = arguments.map { documentation($0.documentation, indentation: "    ") + "    \(member($0))\n" }
        return "(\n\(lines.joined())  )"
    }

    private static func decorators(of method: MethodSchema, _ service: ServiceSchema) -> [String] {
        var all: [String] = []
        switch method.kind {
        case .call:
            if let path = method.declaredKeyPath { all.append("@key(field: \(string(path.joined(separator: "."))))") }
            if method.role != .handler { all.append("@\(method.role.rawValue)") }
            if let schedule = method.schedule { all.append(self.schedule(schedule)) }
            if let roles = method.auth, roles != service.auth { all.append(auth(roles)) }
        case .emits(let event):
            all.append("@emits(event: \(string(event.name))\(event.keyField.map { ", key: \(string($0))" } ?? ""))")
        case .handles(let handler):
            all.append(handles(handler))
        }
        if let durable = method.durable {
            let timeout = durable.timeout.map { ", timeout: \(string(DurationText.render($0)))" } ?? ""
            all.append("@durable(retries: \(durable.retries)\(timeout), backoff: \(string(durable.backoff.rawValue)))")
        }
        if method.isIdempotent { all.append("@idempotent") }
        if method.isScheduleOnly { all.append("@scheduleOnly") }
        if let deprecation = deprecated(method.deprecation) { all.append(deprecation) }
        return all
    }

    private static func handles(_ handler: EventHandler) -> String {
        var text = "@handles(event: \(string(handler.event))"
        if let path = handler.stateKeyPath { text += ", key: \(string(path.joined(separator: ".")))" }
        if let batch = handler.batch {
            text +=
                ", batch: { maxItems: \(batch.maximumItems), maxTime: \(string(DurationText.render(batch.maximumTime)))"
            text += ", maxBytes: \(string(ByteCountText.render(batch.maximumBytes))) }"
        }
        return text + ")"
    }

    private static func schedule(_ policy: SchedulePolicy) -> String {
        "@schedule(cron: \(string(policy.cron)), timezone: \(string(policy.timezone)), overlap: \(string(policy.overlap.rawValue)), catchUp: \(string(DurationText.render(policy.catchUp))))"
    }

    /// `name: Type @constraints`.
    private static func member(_ field: FieldDefinition) -> String {
        let constraints = field.constraints
        var length: String?
        if constraints.minimumLength != nil || constraints.maximumLength != nil {
            let bounds = [
                constraints.minimumLength.map { "min: \($0)" }, constraints.maximumLength.map { "max: \($0)" },
            ]
            length = "@length(\(bounds.compactMap { $0 }.joined(separator: ", ")))"
        }
        return "\(field.name): \(field.type)"
            + trailing([
                constraints.minimum.map { "@min(\($0))" }, constraints.maximum.map { "@max(\($0))" }, length,
                constraints.pattern.map { "@pattern(\(string($0)))" }, field.isAttribute ? "@attribute" : nil,
                deprecated(field.deprecation),
            ])
    }

    private static func auth(_ policy: AuthPolicy) -> String {
        "@auth(roles: [\(policy.roles.map(string).joined(separator: ", "))])"
    }

    private static func deprecated(_ deprecation: Deprecation?) -> String? {
        guard let deprecation else { return nil }
        let arguments = [
            deprecation.reason.map { "reason: \(string($0))" }, deprecation.removeBy.map { "removeBy: \(string($0))" },
        ].compactMap { $0 }
        return arguments.isEmpty ? "@deprecated" : "@deprecated(\(arguments.joined(separator: ", ")))"
    }

    private static func trailing(_ decorators: [String?]) -> String {
        decorators.compactMap { $0 }.map { " " + $0 }.joined()
    }

    // MARK: Strings

    /// The docstring on lines of its own; a block string where that reads back the same.
    private static func documentation(_ text: String?, indentation: String) -> String {
        guard let text else { return "" }
        if text.unicodeScalars.contains("\n") {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                line.isEmpty ? "" : indentation + line.replacing("\"\"\"", with: "\\\"\"\"")
            }
            let block = "\(indentation)\"\"\"\n\(lines.joined(separator: "\n"))\n\(indentation)\"\"\"\n"
            if readsBack(block, as: text) { return block }
        }
        return "\(indentation)\(string(text))\n"
    }

    private static func readsBack(_ block: String, as text: String) -> Bool {
        let sink = DiagnosticSink()
        let tokens = Lexer.tokens(of: SchemaSource(path: "", text: block), sink: sink)
        return tokens.count == 2 && !sink.hasErrors && tokens[0].text.unicodeScalars.elementsEqual(text.unicodeScalars)
    }

    /// A string literal on one line.
    private static func string(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
