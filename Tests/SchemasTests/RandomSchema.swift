import Schemas

/// Makes random schemas that are valid by construction.
struct RandomSchema {
    var generator: SeededGenerator
    private var typeNames: [String] = []
    private var enumNames: [String] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func make() -> MeshSchema {
        typeNames = (0...generator.below(6)).map { "Type\($0)" }
        enumNames = (0..<generator.below(4)).map { "Enum\($0)" }
        let enums = enumNames.map { name in
            EnumType(
                name: name,
                values: (0...generator.below(4)).map {
                    EnumType.Value(name: "VALUE_\($0)", documentation: documentation(), deprecation: deprecation())
                }, documentation: documentation(), deprecation: deprecation())
        }
        let types = typeNames.indices.map { type($0) }
        let namespace = ["a", "shop", "acme.billing", "x_1.y-2"][generator.below(4)]
        var services: [ServiceSchema] = []
        for index in 0...generator.below(3) { services.append(service(index, namespace, types, services)) }
        return MeshSchema(
            namespace: namespace,
            version: SemanticVersion(generator.below(20), generator.below(20), generator.below(20)),
            types: types, enums: enums, services: services, documentation: documentation())
    }

    // MARK: Types

    private mutating func type(_ index: Int) -> ObjectType {
        // The first field can be a key; others need only types declared before, so that values are finite.
        var fields = [
            FieldDefinition(
                name: "key", type: TypeReference(.scalar([.id, .uuid, .string, .long, .date][generator.below(5)])))
        ]
        for number in 0..<generator.below(6) { fields.append(field("field\(number)", upTo: index)) }
        return ObjectType(
            name: typeNames[index], fields: fields, keyField: generator.chance(60) ? "key" : nil,
            documentation: documentation(), deprecation: deprecation())
    }

    private mutating func field(_ name: String, upTo index: Int) -> FieldDefinition {
        let type = reference(upTo: index, depth: 0)
        return FieldDefinition(
            name: name, type: type, constraints: constraints(type), documentation: documentation(),
            deprecation: deprecation())
    }

    private mutating func reference(upTo index: Int, depth: Int) -> TypeReference {
        let isNullable = generator.chance(50)
        switch generator.below(10) {
        case 0 where depth < 3:
            return TypeReference(.list(reference(upTo: index, depth: depth + 1)), isNullable: isNullable)
        case 1, 2:
            // Null ends any recursion, so a nullable one may be of any type.
            let bound = isNullable ? typeNames.count : index
            return bound == 0
                ? TypeReference(.scalar(.json), isNullable: isNullable)
                : TypeReference(.object(typeNames[generator.below(bound)]), isNullable: isNullable)
        case 3 where !enumNames.isEmpty:
            return TypeReference(.enumeration(enumNames[generator.below(enumNames.count)]), isNullable: isNullable)
        default:
            let scalars = Scalar.allCases.filter { $0 != .void }
            return TypeReference(.scalar(scalars[generator.below(scalars.count)]), isNullable: isNullable)
        }
    }

    private mutating func constraints(_ type: TypeReference) -> Constraints {
        var constraints = Constraints()
        guard generator.chance(50) else { return constraints }
        if case .scalar(let scalar) = type.innermost.base {
            switch scalar {
            case .int, .long:
                constraints.minimum = generator.chance(50) ? String(-generator.below(1000)) : nil
                constraints.maximum = generator.chance(50) ? String(generator.below(1000)) : nil
            case .decimal, .float:
                constraints.minimum = generator.chance(50) ? "-\(generator.below(100)).\(1 + generator.below(99))" : nil
                constraints.maximum = generator.chance(50) ? "\(generator.below(100)).\(1 + generator.below(99))" : nil
            case .string, .id, .url:
                constraints.pattern =
                    generator.chance(40) ? ["[a-z]+", "^\\d{2,4}\"$", "é|\\\\", ".*"][generator.below(4)] : nil
            default: break
            }
        }
        let isCounted =
            type.listElement != nil
            || [.scalar(.string), .scalar(.id), .scalar(.url), .scalar(.bytes)].contains(type.base)
        if isCounted, generator.chance(50) {
            constraints.minimumLength = generator.chance(60) ? generator.below(5) : nil
            constraints.maximumLength =
                constraints.minimumLength == nil || generator.chance(60) ? 5 + generator.below(50) : nil
        }
        return constraints
    }

    // MARK: Services

    private mutating func service(_ index: Int, _ namespace: String, _ types: [ObjectType], _ before: [ServiceSchema])
        -> ServiceSchema
    {
        let keyed = types.filter { $0.keyField != nil }
        var service = ServiceSchema(
            namespace: namespace, name: "Service\(index)",
            stateType: keyed.isEmpty || generator.chance(30) ? nil : keyed[generator.below(keyed.count)],
            methods: [], auth: generator.chance(20) ? AuthPolicy(roles: ["reader"]) : nil,
            documentation: documentation(), deprecation: deprecation())
        for number in 0...generator.below(6) {
            let name = "method\(number)"
            let handled = service.handlers.compactMap { $0.eventHandler?.event }
            let events = (before + [service]).flatMap { $0.methods.compactMap(\.emittedEvent) }.filter {
                !handled.contains($0.name)
            }
            switch generator.below(4) {
            case 0: service.methods.append(emitter(name, service, types))
            case 1 where !events.isEmpty:
                service.methods.append(handler(name, service, events[generator.below(events.count)]))
            default: service.methods.append(call(name, service, types))
            }
        }
        addWorkflows(to: &service)
        return service
    }

    private mutating func call(_ name: String, _ service: ServiceSchema, _ types: [ObjectType]) -> MethodSchema {
        var arguments = (0..<generator.below(4)).map { field("argument\($0)", upTo: types.count) }
        if generator.chance(40) {
            arguments.append(
                FieldDefinition(name: "key", type: TypeReference(.scalar(.id)), documentation: documentation()))
        }
        var method = MethodSchema(
            service: service.qualifiedName, name: name, arguments: arguments, documentation: documentation())
        if generator.chance(70) { method.result = reference(upTo: types.count, depth: 0) }
        if let typed = arguments.first(where: { !$0.type.isNullable && $0.type.objectName != nil }),
            generator.chance(60)
        {
            method.declaredKeyPath = [typed.name, "key"]
        }
        method.keyPath =
            method.declaredKeyPath
            ?? (service.stateType != nil && arguments.contains { $0.name == "key" } ? ["key"] : nil)
        method.durable = durable()
        method.isIdempotent = generator.chance(30)
        method.auth = service.auth
        if generator.chance(20) {
            method.auth = AuthPolicy(roles: ["admin", "a \"quoted\" one"])
        } else {
            method.isScheduleOnly = generator.chance(20)
        }
        method.deprecation = deprecation()
        return method
    }

    /// Gives some of the calls a role or a schedule; a signal or a query only beside a workflow.
    private mutating func addWorkflows(to service: inout ServiceSchema) {
        let calls = service.methods.indices.filter { service.methods[$0].kind == .call }
        guard let first = calls.first else { return }
        if generator.chance(50) {
            service.methods[first].role = .workflow
            for index in calls.dropFirst() where generator.chance(50) && !service.methods[index].isScheduleOnly {
                service.methods[index].role = generator.chance(50) ? .query : .signal
                guard service.methods[index].role == .signal else { continue }
                // Else the workflow's code answers it.
                if generator.chance(50) {
                    service.methods[index].result = TypeReference(.scalar(.void), isNullable: true)
                }
                service.methods[index].durable = nil
            }
        }
        for index in calls where generator.chance(40) {
            let method = service.methods[index]
            guard [.handler, .workflow].contains(method.role), method.arguments.allSatisfy(\.type.isNullable) else {
                continue
            }
            service.methods[index].schedule = SchedulePolicy(
                cron: ["* * * * *", "*/5 8-18/2 1,15 jan-mar mon-fri", "0 0 29 2 *"][generator.below(3)],
                timezone: generator.chance(50) ? "UTC" : "America/New_York",
                // A handler can't be cancelled.
                overlap: method.role == .workflow
                    ? [.skip, .allow, .cancel][generator.below(3)] : [.skip, .allow][generator.below(2)],
                catchUp: .milliseconds(generator.below(86_400_000)))
        }
    }

    private mutating func emitter(_ name: String, _ service: ServiceSchema, _ types: [ObjectType]) -> MethodSchema {
        let type = types[generator.below(types.count)]
        let path: [String]? = type.keyField != nil || generator.chance(70) ? ["key"] : nil
        let event = EventDeclaration(
            name: "\(service.name.lowercased()).\(name)", payloadType: type.name, keyPath: path,
            service: service.qualifiedName, method: name)
        return MethodSchema(
            service: service.qualifiedName, name: name, kind: .emits(event),
            arguments: [FieldDefinition(name: "event", type: TypeReference(.object(type.name)))],
            deprecation: deprecation(), documentation: documentation())
    }

    private mutating func handler(_ name: String, _ service: ServiceSchema, _ event: EventDeclaration) -> MethodSchema {
        var handler = EventHandler(
            event: event.name, payloadType: event.payloadType, stateKeyPath: generator.chance(50) ? ["key"] : nil)
        var type = TypeReference(.object(event.payloadType))
        if generator.chance(40) {
            handler.batch = BatchPolicy(
                maximumItems: 1 + generator.below(1000), maximumTime: .milliseconds(1 + generator.below(50_000)),
                maximumBytes: 1 + generator.below(1 << 20))
            type = TypeReference(.list(type))
        }
        return MethodSchema(
            service: service.qualifiedName, name: name, kind: .handles(handler),
            arguments: [FieldDefinition(name: "event", type: type)],
            durable: durable(), isIdempotent: generator.chance(30), deprecation: deprecation(),
            documentation: documentation())
    }

    // MARK: Parts

    private mutating func durable() -> DurablePolicy? {
        guard generator.chance(40) else { return nil }
        return DurablePolicy(
            retries: generator.below(1000),
            timeout: generator.chance(50) ? .milliseconds(1 + generator.below(86_400_000)) : nil,
            backoff: DurablePolicy.Backoff.allCases[generator.below(4)])
    }

    private mutating func deprecation() -> Deprecation? {
        guard generator.chance(10) else { return nil }
        return Deprecation(reason: documentation(), removeBy: generator.chance(50) ? "2027-01-31" : nil)
    }

    /// Text with all that can go wrong in a string: quotes, backslashes, line breaks, indentation, control characters.
    mutating func documentation() -> String? {
        guard generator.chance(30) else { return nil }
        let parts = [
            "a", "word", " ", "  ", "\n", "\r", "\r\n", "\t", "\"", "\"\"\"", "\\", "\\n", "#", "é", "😀", "\u{0}",
            "\u{7}", "\u{FEFF}", "{", "@x", "\u{301}",
        ]
        return (0...generator.below(12)).map { _ in parts[generator.below(parts.count)] }.joined()
    }
}
