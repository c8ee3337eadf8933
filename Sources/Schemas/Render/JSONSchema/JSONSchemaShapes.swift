/// The shapes of a schema's data as JSON Schema (draft 2020-12), for each rendering that says what a message looks like.
///
/// What JSON Schema can't say (bounds of numbers in strings) stands in members that begin with `x-mesh-`.
struct JSONSchemaShapes {
    /// What stands before a type's name where it is used: `#/$defs/`.
    let prefix: String
    /// What object types are called there that aren't called by their own names.
    var names: [String: String] = [:]
    /// Whether an object may have more than its type says: to a handler of an event, whose emitter may know more.
    var isOpen = false

    /// An enum: its values.
    func enumeration(_ type: EnumType) -> JSONTree {
        .object(
            JSONSchemaShapes.notes(type.documentation, type.deprecation) + [
                ("enum", .list(type.values.map { .string($0.name) }))
            ])
    }

    /// A declared object type.
    func object(_ type: ObjectType) -> JSONTree {
        .object(JSONSchemaShapes.notes(type.documentation, type.deprecation) + object(type.fields))
    }

    /// The data of a call.
    func arguments(_ method: MethodSchema) -> JSONTree {
        .object(
            JSONSchemaShapes.notes(method.documentation, method.deprecation) + JSONSchemaShapes.role(method)
                + object(method.arguments))
    }

    /// What a call of it means, where that is more than a call.
    private static func role(_ method: MethodSchema) -> JSONTree.Members {
        var members: JSONTree.Members = []
        if method.role != .handler { members.append(("x-mesh-role", .string(method.role.rawValue))) }
        if let schedule = method.schedule {
            members.append(
                (
                    "x-mesh-schedule",
                    .object([("cron", .string(schedule.cron)), ("timezone", .string(schedule.timezone))])
                ))
        }
        return members
    }

    /// The data of an answer.
    func answer(_ method: MethodSchema) -> JSONTree {
        switch method.answerForm {
        case .empty: return .object(object([]))
        case .value: return .object(object([FieldDefinition(name: "value", type: method.result)]))
        case .object:
            let itself = reference(method.result.objectName ?? "")
            guard method.result.isNullable else { return itself }
            let null: JSONTree.Members = [
                ("type", .string("object")), ("properties", .object([("value", .object([("type", .string("null"))]))])),
                ("required", .list([.string("value")])), ("additionalProperties", .literal("false")),
            ]
            return .object([("anyOf", .list([itself, .object(null)]))])
        }
    }

    private func object(_ fields: [FieldDefinition]) -> JSONTree.Members {
        let required = fields.filter { !$0.type.isNullable }.map { JSONTree.string($0.name) }
        return [
            ("type", .string("object")),
            ("properties", .object(fields.map { ($0.name, property($0)) })),
        ] + (required.isEmpty ? [] : [("required", .list(required))])
            + (isOpen ? [] : [("additionalProperties", .literal("false"))])
    }

    private func property(_ field: FieldDefinition) -> JSONTree {
        .object(
            JSONSchemaShapes.notes(field.documentation, field.deprecation)
                + (field.isAttribute ? [("x-mesh-attribute", .literal("true"))] : [])
                + use(field.type, field.constraints))
    }

    /// What people should know of a definition.
    static func notes(_ documentation: String?, _ deprecation: Deprecation?) -> JSONTree.Members {
        var notes: JSONTree.Members = []
        if let documentation { notes.append(("description", .string(documentation))) }
        if deprecation != nil { notes.append(("deprecated", .literal("true"))) }
        return notes
    }

    /// A use of a declared type.
    func reference(_ name: String) -> JSONTree { .object([("$ref", .string(target(name)))]) }

    private func target(_ name: String) -> String { prefix + (names[name] ?? name) }

    // MARK: Types

    private func use(_ type: TypeReference, _ constraints: Constraints) -> JSONTree.Members {
        switch type.base {
        case .object(let name), .enumeration(let name):
            guard type.isNullable else { return [("$ref", .string(target(name)))] }
            return [("anyOf", .list([reference(name), .object([("type", .string("null"))])]))]
        case .list(let element):
            var inner = constraints
            (inner.minimumLength, inner.maximumLength) = (nil, nil)
            return [("type", JSONSchemaShapes.kind("array", type)), ("items", .object(use(element, inner)))]
                + JSONSchemaShapes.bounds("Items", constraints)
        case .scalar(let scalar):
            return JSONSchemaShapes.scalar(scalar, type, constraints)
        }
    }

    private static func kind(_ name: String, _ type: TypeReference) -> JSONTree {
        type.isNullable ? .list([.string(name), .string("null")]) : .string(name)
    }

    private static func bounds(_ unit: String, _ constraints: Constraints) -> JSONTree.Members {
        [
            constraints.minimumLength.map { ("min\(unit)", .literal(String($0))) },
            constraints.maximumLength.map { ("max\(unit)", .literal(String($0))) },
        ].compactMap { $0 }
    }

    private static func scalar(
        _ scalar: Scalar, _ type: TypeReference, _ constraints: Constraints
    ) -> JSONTree.Members {
        let text = kind("string", type)
        switch scalar {
        case .json where !type.isNullable: return [("not", .object([("type", .string("null"))]))]
        case .json, .void: return []
        case .boolean: return [("type", kind("boolean", type))]
        case .int:
            return [
                ("type", kind("integer", type)),
                ("minimum", .literal(constraints.minimum ?? String(Int32.min))),
                ("maximum", .literal(constraints.maximum ?? String(Int32.max))),
            ]
        case .float: return [("type", kind("number", type))] + numbers(constraints, prefix: "")
        case .long:
            return [("type", text), ("pattern", .string("^-?(0|[1-9][0-9]*)$"))]
                + numbers(constraints, prefix: "x-mesh-")
        case .decimal:
            return [("type", text), ("pattern", .string("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$"))]
                + numbers(constraints, prefix: "x-mesh-")
        case .string, .id, .url:
            var members: JSONTree.Members = [("type", text)]
            if scalar == .url { members.append(("format", .string("uri"))) }
            var lengths = constraints
            if scalar == .id { lengths.minimumLength = max(1, constraints.minimumLength ?? 1) }
            members += bounds("Length", lengths)
            if let pattern = constraints.pattern { members.append(("pattern", .string(expression(pattern)))) }
            return members
        case .uuid: return [("type", text), ("format", .string("uuid"))]
        case .date: return [("type", text), ("format", .string("date"))]
        // JSON Schema's `time` has an offset; ours has none.
        case .time:
            return [("type", text), ("pattern", .string("^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?$"))]
        case .dateTime: return [("type", text), ("format", .string("date-time"))]
        // JSON Schema's `duration` has years and months, and neither signs nor fractions.
        case .duration: return [("type", text), ("pattern", .string(duration))]
        case .bytes:
            return [("type", text), ("contentEncoding", .string("base64"))]
                + bounds("Length", constraints).map { ("x-mesh-\($0.0)", $0.1) }
        }
    }

    /// The whole text must match, where in JSON Schema a part is enough.
    private static func expression(_ pattern: String) -> String {
        // It was read when the schema was compiled.
        "^(?:\((try? PatternParser.parse(pattern))?.ecmaScript ?? pattern))$"
    }

    private static let duration: String = {
        let number = "[0-9]{1,9}"
        let seconds = "\(number)(\\.\(number))?S"
        let clock = "T(\(number)H(\(number)M)?(\(seconds))?|\(number)M(\(seconds))?|\(seconds))"
        return "^-?P(\(number)W|\(number)D(\(clock))?|\(clock))$"
    }()

    /// Bounds of a number; as strings where the value is one, so that nothing is rounded.
    private static func numbers(_ constraints: Constraints, prefix: String) -> JSONTree.Members {
        let bound = { (text: String) in prefix.isEmpty ? JSONTree.literal(text) : JSONTree.string(text) }
        return [
            constraints.minimum.map { (prefix + "minimum", bound($0)) },
            constraints.maximum.map { (prefix + "maximum", bound($0)) },
        ].compactMap { $0 }
    }
}
