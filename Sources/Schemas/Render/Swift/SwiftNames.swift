/// How the schema's names are written in Swift.
struct SwiftNames {
    private let recursiveFields: Set<String>

    init(_ schema: MeshSchema) { recursiveFields = SwiftNames.recursiveFields(of: schema) }

    /// The Swift type of a use of a type.
    func type(_ reference: TypeReference) -> String {
        let base =
            switch reference.base {
            case .scalar(let scalar): SwiftNames.scalar(scalar)
            case .object(let name), .enumeration(let name): SwiftNames.identifier(name)
            case .list(let element): "[\(type(element))]"
            }
        return reference.isNullable ? base + "?" : base
    }

    /// True where the field makes its type contain itself, so that it needs a box.
    func isRecursive(_ field: FieldDefinition, of type: ObjectType) -> Bool {
        recursiveFields.contains("\(type.name).\(field.name)")
    }

    static func scalar(_ scalar: Scalar) -> String {
        switch scalar {
        case .string: "String"
        case .int: "Int"
        case .long: "Int64"
        case .float: "Double"
        case .boolean: "Bool"
        case .id: "ID"
        case .uuid: "UUID"
        case .decimal: "Decimal"
        case .date: "Date"
        case .time: "Time"
        case .dateTime: "DateTime"
        case .duration: "Duration"
        case .url: "URL"
        case .bytes: "Bytes"
        case .json: "JSONValue"
        case .void: "Void"
        }
    }

    /// The name as an identifier: in backquotes where it is a keyword.
    static func identifier(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

    /// A property's name: like `identifier`, but a name that means something else on every value gets an underscore.
    static func property(_ name: String) -> String { member(name, taken: takenMembers) }

    /// A property's name before the colon of a call's argument: Swift takes keywords there as they are, but for one, and warns of backquotes.
    static func label(_ name: String) -> String {
        name == "inout" ? identifier(name) : property(name).filter { $0 != "`" }
    }

    /// With one underscore more than it has, so that `self` and `self_` don't meet.
    private static func member(_ name: String, taken: Set<String>) -> String {
        var stem = name[...]
        while stem.last == "_" { stem.removeLast() }
        return taken.contains(String(stem)) ? name + "_" : identifier(name)
    }

    /// An enum's case: `IN_TRANSIT` becomes `inTransit`; where two would meet, both stay as they are.
    static func cases(of enumeration: EnumType) -> [String] {
        let camel = enumeration.values.map { camelCase($0.name) }
        let isUnique = Set(camel).count == camel.count
        let taken = takenMembers.union(takenCases)
        return zip(enumeration.values, camel).map { member(isUnique ? $1 : $0.name, taken: taken) }
    }

    /// The names that the Swift type of a use of a type is written with.
    static func words(of reference: TypeReference) -> Set<String> {
        switch reference.base {
        case .scalar(let scalar): [SwiftNames.scalar(scalar)]
        case .object(let name), .enumeration(let name): [name]
        case .list(let element): words(of: element)
        }
    }

    /// The names of types that the function making a call of a method has in its body.
    static func words(ofCall method: MethodSchema, in service: ServiceSchema) -> Set<String> {
        words(of: method.result).union([
            "Mesh", method.arguments.isEmpty ? "NoArguments" : arguments(of: method, in: service),
        ])
    }

    static func camelCase(_ name: String) -> String {
        guard name.contains(where: { $0.isUppercase }), !name.contains(where: { $0.isLowercase }) else { return name }
        let words = name.split(separator: "_")
        guard let first = words.first else { return name }
        let text = first.lowercased() + words.dropFirst().map { $0.prefix(1) + $0.dropFirst().lowercased() }.joined()
        return text.first?.isNumber == true ? "_" + text : text
    }

    /// `place` becomes `Place`.
    static func capitalized(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }
}

// MARK: - Conflicts
extension SwiftNames {
    /// What makes the generated source impossible, for the schema's author: one for each definition.
    struct Conflict: Equatable {
        /// Qualified: `shop.Order`, `shop.Orders/place`, or `shop` where it is about the schema.
        let definition: String
        let message: String
    }

    /// All conflicts of `schema` and of those that it imports.
    static func conflicts(in schema: MeshSchema, imports: [MeshSchema] = []) -> [Conflict] {
        var conflicts: [Conflict] = []
        var owners: [String: String] = [:]
        func claim(
            _ names: [String], for owner: String, at definition: String, hidden: Set<String> = hiddenTypes
        ) {
            var reasons: [String] = []
            if let name = names.first(where: hidden.contains) {
                reasons.append("`\(name)` means something else in the generated source")
            }
            let reserved = names.filter(reservedTypes.contains)
            if !reserved.isEmpty {
                let list = reserved.map { "`\($0)`" }.joined(separator: ", ")
                reasons.append("Swift or the SDK already has \(reserved.count == 1 ? "a type" : "the types") \(list)")
            }
            for name in names where !reservedTypes.contains(name) {
                if let other = owners[name] {
                    reasons.append("its Swift type `\(name)` is also that of \(other)")
                } else {
                    owners[name] = owner
                }
            }
            guard !reasons.isEmpty else { return }
            conflicts.append(
                Conflict(
                    definition: definition,
                    message: "\(owner): \(reasons.joined(separator: ", and ")); choose another name"))
        }
        for type in schema.types { claim([type.name], for: "type `\(type.name)`", at: schema.qualified(type.name)) }
        for enumeration in schema.enums {
            claim([enumeration.name], for: "enum `\(enumeration.name)`", at: schema.qualified(enumeration.name))
        }
        for service in schema.services {
            let suffixes =
                ["", "Service", "Context", "Event"] + (service.workflows.isEmpty ? [] : ["Workflow", "Query"])
            claim(
                suffixes.map { service.name + $0 }, for: "service `\(service.name)`", at: service.qualifiedName,
                hidden: hiddenServices)
            for method in service.methods where method.kind == .call {
                let names =
                    (method.arguments.isEmpty ? [] : [arguments(of: method, in: service)])
                    + (method.isAnsweredSignal ? [request(of: method, in: service)] : [])
                claim(names, for: "method `\(method.qualifiedName)`", at: method.qualifiedName)
            }
            conflicts += methodConflicts(in: service)
        }
        for other in imports {
            claim(
                [namespace(other.namespace)], for: "the imported schema `\(other.namespace)`", at: other.namespace)
            if other.namespace == schema.namespace {
                conflicts.append(
                    Conflict(
                        definition: other.namespace,
                        message:
                            "the imported schema `\(other.namespace)` has the namespace of this one; remove the import")
                )
            }
            conflicts += SwiftNames.conflicts(in: other).map { conflict in
                Conflict(
                    definition: conflict.definition,
                    message: "in the imported schema `\(other.namespace)`: \(conflict.message)")
            }
        }
        return conflicts
    }

    /// Methods that hide a type from the functions beside them.
    private static func methodConflicts(in service: ServiceSchema) -> [Conflict] {
        let calls = service.methods.filter { $0.kind == .call }
        let words = calls.reduce(into: Set<String>()) { $0.formUnion(SwiftNames.words(ofCall: $1, in: service)) }
        let events: Set<String> = ["MeshEvent", service.name + "Event"]
        return service.methods.filter { ($0.emittedEvent == nil ? words : events).contains($0.name) }.map { method in
            Conflict(
                definition: method.qualifiedName,
                message:
                    "method `\(method.qualifiedName)`: the Swift type `\(method.name)`, which is used beside it, has the same name; choose another name"
            )
        }
    }

    /// The enum around what comes from an imported schema: `acme.billing` is `AcmeBilling`.
    static func namespace(_ namespace: String) -> String {
        namespace.split { !$0.isLetter && !$0.isNumber }.map { capitalized(String($0)) }.joined()
    }

    /// The struct of a method's arguments.
    static func arguments(of method: MethodSchema, in service: ServiceSchema) -> String {
        service.name + capitalized(method.name) + "Arguments"
    }

    /// What a receive of a signal with an answer gives.
    static func request(of method: MethodSchema, in service: ServiceSchema) -> String {
        service.name + capitalized(method.name) + "Request"
    }

    /// Scalars are no names for a schema's own types, but may be those of imports: `time` would be the enum `Time`.
    private static let reservedTypes = Set(Scalar.allCases.map(scalar)).union([
        "Any", "AnyObject", "Self", "Type", "Protocol", "Never", "Optional", "Array", "Dictionary", "Int32", "Int64",
        "Double", "Bool", "Hashable", "Sendable", "CaseIterable", "StaticString", "UInt8", "UnsafePointer", "Indirect",
        "JSONCodable", "JSONEnumeration", "JSONReader", "JSONWriter", "JSONValue", "Mesh", "MeshContext",
        "MeshError", "MeshEvent", "MeshHost", "MeshModule", "MeshRequest", "KeyedState", "NoArguments",
    ])

    /// What is a member or a variable where the generated source reads a value of a type, or makes one of a service.
    private static let hiddenTypes: Set<String> = ["self", "reader", "isAbsent", "jsonBytes", "jsonText"]
    private static let hiddenServices: Set<String> = [
        "self", "mesh", "event", "arguments", "request", "methods", "handle",
    ]

    private static let takenMembers: Set<String> = ["self", "hashValue", "isAbsent", "jsonBytes", "jsonText"]
    /// What is taken on enums besides.
    private static let takenCases: Set<String> = ["allCases", "AllCases", "RawValue"]

    private static let keywords: Set<String> = [
        "Any", "Protocol", "Self", "Type", "actor", "any", "as", "associatedtype", "async", "await", "break", "case",
        "catch", "class", "continue", "default", "defer", "deinit", "do", "each", "else", "enum", "extension",
        "fallthrough",
        "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let",
        "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return", "self",
        "some", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias",
        "var",
        "where", "while",
    ]
}

// MARK: - Types that contain themselves
extension SwiftNames {
    /// The fields `Type.field` through which a type contains itself without a list between.
    private static func recursiveFields(of schema: MeshSchema) -> Set<String> {
        let places = Dictionary(
            zip(schema.types.map(\.name), schema.types.indices), uniquingKeysWith: { first, _ in first })
        func place(_ field: FieldDefinition) -> Int? { field.type.objectName.flatMap { places[$0] } }
        let groups = ConnectedComponents(schema.types.map { $0.fields.compactMap(place) }).component
        var result: Set<String> = []
        for (index, type) in schema.types.enumerated() {
            for field in type.fields where place(field).map({ groups[$0] == groups[index] }) ?? false {
                result.insert("\(type.name).\(field.name)")
            }
        }
        return result
    }
}

extension MeshSchema {
    /// `shop.Order`.
    fileprivate func qualified(_ name: String) -> String { "\(namespace).\(name)" }
}
