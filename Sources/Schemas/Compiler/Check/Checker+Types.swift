extension Checker {
    func checkEnums() {
        for syntax in documents.flatMap(\.enums) {
            let decorators = binder.bind(syntax.decorators, on: .enumeration)
            if syntax.values.isEmpty, !syntax.isIncomplete {
                report(syntax.name.location, "the enum `\(syntax.name.text)` has no values; add at least one")
            }
            if syntax.values.count > SchemaLimits.enumValues {
                report(syntax.name.location, "`\(syntax.name.text)` has more than \(SchemaLimits.enumValues) values")
            }
            var first: [String: SourceLocation] = [:]
            let values = syntax.values.map { value in
                checkName(value.name, what: "enum value")
                if ["true", "false", "null"].contains(value.name.text) {
                    report(value.name.location, "`\(value.name.text)` can't be an enum value; rename it")
                }
                checkUnique(value.name, &first, "value of `\(syntax.name.text)`")
                return EnumType.Value(
                    name: value.name.text, documentation: value.documentation,
                    deprecation: deprecation(binder.bind(value.decorators, on: .enumValue)))
            }
            enums.append(
                EnumType(
                    name: syntax.name.text, values: values, documentation: syntax.documentation,
                    deprecation: deprecation(decorators)))
        }
    }

    func checkTypes() {
        for syntax in documents.flatMap(\.types) {
            let decorators = binder.bind(syntax.decorators, on: .type)
            if syntax.isIncomplete { incompleteTypes.insert(syntax.name.text) }
            if syntax.fields.isEmpty, !syntax.isIncomplete {
                report(syntax.name.location, "the type `\(syntax.name.text)` has no fields; add at least one")
            }
            if syntax.fields.count > SchemaLimits.fields {
                report(syntax.name.location, "`\(syntax.name.text)` has more than \(SchemaLimits.fields) fields")
            }
            var first: [String: SourceLocation] = [:]
            var fields: [FieldDefinition] = []
            for field in syntax.fields {
                checkName(field.name, what: "field")
                checkUnique(field.name, &first, "field of `\(syntax.name.text)`")
                fields.append(definition(field, on: .field))
                if let attribute = field.decorators.first(where: { $0.name == "attribute" }) {
                    attributes.append((syntax.name.text, attribute.location))
                }
            }
            let type = ObjectType(
                name: syntax.name.text, fields: fields, keyField: nil, documentation: syntax.documentation,
                deprecation: deprecation(decorators))
            types.append(type)
            // A type declared twice is reported; the first one counts.
            if typesByName[type.name] == nil { typesByName[type.name] = type }
        }
        for (index, syntax) in documents.flatMap(\.types).enumerated() { checkKey(of: index, syntax) }
    }

    private func checkKey(of index: Int, _ syntax: TypeSyntax) {
        guard let key = binder.bind(syntax.decorators.filter { $0.name == "key" }, on: .type)["key"],
            let field = key.text("field")
        else { return }
        if field.contains(".") {
            report(
                key.location(of: "field"),
                "the key of a type is one of its own fields; `\(field.shortened)` names a field inside another")
        } else if let path = keyPath(
            field, in: types[index].fields, of: types[index].name, at: key.location(of: "field"))
        {
            types[index].keyField = path[0]
            if typesByName[types[index].name]?.fields == types[index].fields {
                typesByName[types[index].name] = types[index]
            }
        }
    }

    func checkUnique(_ name: NameSyntax, _ first: inout [String: SourceLocation], _ what: String) {
        if let other = first[name.text] {
            report(
                name.location,
                "`\(name.text)` is already \(what.hasPrefix("argument") ? "an" : "a") \(what) (\(place(other, from: name.location))); rename one"
            )
        } else {
            first[name.text] = name.location
        }
    }

    /// A field or an argument with its type resolved and its constraints checked.
    func definition(_ syntax: MemberSyntax, on target: DecoratorSpecification.Target) -> FieldDefinition {
        let decorators = binder.bind(syntax.decorators, on: target)
        let type = resolve(syntax.type)
        if type.innermost.isVoid {
            report(
                syntax.type.location,
                "`Void` can only be the result of a method; remove `\(syntax.name.text)` or give it a type")
        }
        return FieldDefinition(
            name: syntax.name.text, type: type,
            constraints: ConstraintChecker(sink: sink, type: type, owner: syntax.name.text, patterns: patterns)
                .constraints(decorators), isAttribute: isAttribute(decorators["attribute"], type, syntax.name.text),
            documentation: syntax.documentation, deprecation: deprecation(decorators))
    }

    func deprecation(_ decorators: [String: BoundDecorator]) -> Deprecation? {
        guard let deprecated = decorators["deprecated"] else { return nil }
        if let date = deprecated.text("removeBy"), !ISO8601.isDate(Array(date.utf8)) {
            report(
                deprecated.location(of: "removeBy"), "`\(date.shortened)` isn't a date; write it like `\"2027-01-31\"`")
        }
        return Deprecation(reason: deprecated.text("reason"), removeBy: deprecated.text("removeBy"))
    }

    // MARK: References

    func resolve(_ syntax: TypeReferenceSyntax) -> TypeReference {
        switch syntax.base {
        case .list(let element):
            return TypeReference(.list(resolve(element)), isNullable: syntax.isNullable)
        case .named(let name):
            let base = resolve(name)
            // `Void` has no value, so there is nothing that could be null.
            return TypeReference(base, isNullable: syntax.isNullable || base == .scalar(.void))
        }
    }

    private func resolve(_ name: NameSyntax) -> TypeReference.Base {
        if let scalar = Scalar(rawValue: name.text) { return .scalar(scalar) }
        switch declarations[name.text]?.kind {
        case .type: return .object(name.text)
        case .enumeration: return .enumeration(name.text)
        case .service:
            report(name.location, "`\(name.text)` is a service; a type is wanted here")
        case nil:
            if !isIncomplete {
                let known =
                    declarations.filter { $0.value.kind != .service }.keys.sorted() + Scalar.allCases.map(\.rawValue)
                report(
                    name.location,
                    "there is no type `\(name.text.shortened)`"
                        + (Checker.foreignScalars[name.text].map { "; use `\($0)`" }
                            ?? Suggestion.phrase(
                                for: name.text, among: known,
                                else: "; declare it with `type \(name.text.shortened) { … }`")))
            }
        }
        return .object(Checker.unresolved)
    }

    /// What people write from habit.
    private static let foreignScalars = [
        "BigInt": "Long", "Int64": "Long", "Int32": "Int", "Integer": "Int", "Bool": "Boolean", "Double": "Float",
        "Number": "Float", "Text": "String", "Timestamp": "DateTime", "Any": "JSON", "Object": "JSON",
        "Currency": "Decimal",
        "Money": "Decimal", "Binary": "Bytes", "URI": "URL", "Instant": "DateTime",
    ]

    // MARK: Finiteness

    /// Reports types that need a value of themselves: no JSON could ever be one.
    func checkFiniteness() {
        var finite: Set<String> = []
        var users: [String: [String]] = [:]
        var open: [String: Int] = [:]
        var pending: [String] = []
        for type in typesByName.values {
            let needs = type.fields.compactMap(Checker.neededType).filter { $0 != Checker.unresolved }
            open[type.name] = needs.count
            needs.forEach { users[$0, default: []].append(type.name) }
            if needs.isEmpty { pending.append(type.name) }
        }
        while let name = pending.popLast() {
            guard finite.insert(name).inserted else { continue }
            for user in users[name] ?? [] {
                open[user, default: 0] -= 1
                if open[user] == 0 { pending.append(user) }
            }
        }
        for syntax in documents.flatMap(\.types) where !finite.contains(syntax.name.text) {
            guard let cycle = requiredCycle(from: syntax.name.text, finite) else { continue }
            report(
                syntax.name.location,
                "a value of `\(syntax.name.text)` would need one of itself (\(cycle)); make one of these fields nullable, or a list that may be empty"
            )
        }
    }

    /// The type of which each value of the field has at least one value; nil where it has none, or may be null or an empty list.
    private static func neededType(_ field: FieldDefinition) -> String? {
        guard !field.type.isNullable else { return nil }
        // Only the outermost list has a least length.
        guard let element = field.type.listElement else { return field.type.objectName }
        return element.isNullable || field.constraints.minimumLength ?? 0 == 0 ? nil : element.objectName
    }

    /// The way from a type back to itself, `Node.next → Node`; nil where it only leads to such a type.
    private func requiredCycle(from name: String, _ finite: Set<String>) -> String? {
        var steps: [String] = []
        var current = name
        for _ in 0..<typesByName.count {
            guard
                let field = typesByName[current]?.fields.first(where: { field in
                    Checker.neededType(field).map { !finite.contains($0) && $0 != Checker.unresolved } == true
                }), let next = Checker.neededType(field)
            else { return nil }
            steps.append("`\(current).\(field.name)`")
            if next == name { return steps.joined(separator: " → ") + " → `\(name)`" }
            current = next
        }
        return nil
    }
}
