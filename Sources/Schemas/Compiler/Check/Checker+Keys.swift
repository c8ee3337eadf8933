extension Checker {
    /// The path that `text` (`id`, `order.customer`) names in `fields`; nil, and a report, where it names none or nothing that can be a key.
    func keyPath(_ text: String, in fields: [FieldDefinition], of owner: String, at location: SourceLocation)
        -> [String]?
    {
        let path = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var fields = fields
        var owner = owner
        for (index, name) in path.enumerated() {
            guard let field = fields.first(where: { $0.name == name }) else {
                reportMissingKey(name, fields, owner, location)
                return nil
            }
            if field.type.objectName == Checker.unresolved { return nil }
            if field.type.isNullable {
                report(
                    location,
                    "the key `\(text.shortened)` may be null, since `\(name)` of `\(owner)` is `\(field.type)`; write `\(name): \(field.type)!`"
                )
                return nil
            }
            let isLast = index == path.count - 1
            if let type = field.type.objectName.flatMap({ typesByName[$0] }), !isLast {
                fields = type.fields
                owner = type.name
                continue
            }
            guard isLast, Checker.canBeKey(field.type) else {
                reportWrongKey(text, name, field.type, isLast, location)
                return nil
            }
        }
        return path
    }

    private func reportMissingKey(
        _ name: String, _ fields: [FieldDefinition], _ owner: String, _ location: SourceLocation
    ) {
        guard !incompleteTypes.contains(owner) else { return }
        let names = fields.map(\.name)
        let all = names.prefix(10).map { "`\($0)`" }.joined(separator: ", ")
        report(
            location,
            "the key `\(name.shortened)` isn't a field of `\(owner)`"
                + Suggestion.phrase(for: name, among: names, else: names.isEmpty ? "; it has none" : "; it has \(all)"))
    }

    private func reportWrongKey(
        _ text: String, _ name: String, _ type: TypeReference, _ isLast: Bool, _ location: SourceLocation
    ) {
        if !isLast {
            report(location, "the key `\(text.shortened)` goes through `\(name)`, which is `\(type)` and has no fields")
        } else if let object = type.objectName {
            let inner = typesByName[object]?.fields.first { !$0.type.isNullable && Checker.canBeKey($0.type) }
            report(
                location,
                "the key `\(text.shortened)` is a `\(type)`; a key is a scalar or an enum"
                    + (inner.map { ", such as `\(text.shortened).\($0.name)`" } ?? ""))
        } else {
            report(
                location,
                "the key `\(text.shortened)` is a `\(type)`; a key is a scalar with one text for each value (not a list, `Float` or `JSON`) or an enum"
            )
        }
    }

    /// Scalars and enums whose JSON text stands for the value.
    static func canBeKey(_ type: TypeReference) -> Bool {
        switch type.base {
        case .scalar(let scalar): scalar != .json && scalar != .void && scalar != .float
        case .enumeration: true
        case .object, .list: false
        }
    }
}
