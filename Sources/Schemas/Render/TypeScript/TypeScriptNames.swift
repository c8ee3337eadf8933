/// How the schema's names are written in TypeScript.
struct TypeScriptNames {
    /// The names of the arguments' types by qualified method.
    private var arguments: [String: String] = [:]

    /// Precondition: types, enums and services have names of their own, as in each schema.
    init(_ schema: MeshSchema) {
        var taken = Set((schema.types.map(\.name) + schema.enums.map(\.name)).map(TypeScriptNames.type))
        taken.formUnion(schema.services.map { TypeScriptNames.type($0.name) })
        for (service, method) in schema.exposedMethods where !method.arguments.isEmpty {
            var name = TypeScriptNames.type(SwiftNames.arguments(of: method, in: service))
            while !taken.insert(name).inserted { name += "_" }
            arguments[method.qualifiedName] = name
        }
    }

    /// The type of a method's arguments; nil where it has none.
    func arguments(of method: MethodSchema) -> String? { arguments[method.qualifiedName] }

    /// A type's or a service's name.
    static func type(_ name: String) -> String { escaped(name, reserved) }

    /// A method's name in its class; keywords may stand there.
    static func method(_ name: String) -> String { escaped(name, takenMethods) }

    /// A use of a type.
    static func use(_ reference: TypeReference) -> String {
        let base =
            switch reference.base {
            case .scalar(.json): reference.isNullable ? "MeshJson" : "NonNullable<MeshJson>"
            case .scalar(let scalar): TypeScriptNames.scalar(scalar)
            case .object(let name), .enumeration(let name): type(name)
            case .list(let element): list(of: element)
            }
        // A free value may be null by itself.
        return reference.isNullable && reference.base != .scalar(.json) ? base + " | null" : base
    }

    private static func list(of element: TypeReference) -> String {
        let text = use(element)
        return element.isNullable && element.base != .scalar(.json) ? "(\(text))[]" : text + "[]"
    }

    private static func scalar(_ scalar: Scalar) -> String {
        switch scalar {
        case .int, .float: "number"
        case .boolean: "boolean"
        case .json: "MeshJson"
        case .void: "void"
        // Exact numbers as well: those of JavaScript would lose digits.
        case .string, .long, .id, .uuid, .decimal, .date, .time, .dateTime, .duration, .url, .bytes: "string"
        }
    }

    /// With one underscore more than it has where it means something else, so that `new` and `new_` don't meet.
    private static func escaped(_ name: String, _ taken: Set<String>) -> String {
        var stem = name[...]
        while stem.last == "_" { stem.removeLast() }
        return taken.contains(String(stem)) ? name + "_" : name
    }

    /// What a class has, or what makes something else of its values.
    private static let takenMethods: Set<String> = [
        "constructor", "then", "toJSON", "toLocaleString", "toString", "valueOf",
    ]

    /// Words of the language, what the module has by itself, and what it uses of the platform.
    private static let reserved: Set<String> = [
        "abstract", "accessor", "any", "arguments", "as", "asserts", "async", "await", "bigint", "boolean", "break",
        "case", "catch", "class", "const", "constructor", "continue", "debugger", "declare", "default", "defer",
        "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "from", "function",
        "get", "global", "if", "implements", "import", "in", "infer", "instanceof", "interface", "intrinsic", "is",
        "keyof", "let", "module", "namespace", "never", "new", "null", "number", "object", "of", "out", "override",
        "package", "private", "protected", "public", "readonly", "require", "return", "satisfies", "set", "static",
        "string", "super", "switch", "symbol", "this", "throw", "true", "try", "type", "typeof", "undefined",
        "unique", "unknown", "using", "var", "void", "while", "with", "yield",

        "MeshAsyncOptions", "MeshCall", "MeshCallOptions", "MeshCallState", "MeshEmitOptions", "MeshError",
        "MeshErrorBody", "MeshEvents", "MeshJson", "MeshOptions", "MeshPublished", "emit",

        "AbortSignal", "Array", "Error", "ErrorOptions", "Exclude", "Headers", "Infinity", "JSON", "Math", "NaN",
        "NonNullable", "Object", "Omit", "Promise", "Record", "Response", "String", "TextEncoder", "clearTimeout",
        "crypto", "encodeURIComponent", "fetch", "globalThis", "setTimeout",
    ]
}
