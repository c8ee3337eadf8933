extension SwiftRenderer {
    func render(_ enumeration: EnumType, to source: inout SourceText) {
        source.line()
        source.documentation(enumeration.documentation, SwiftRenderer.note(enumeration.deprecation))
        source.block("enum \(SwiftNames.identifier(enumeration.name)): String, JSONEnumeration") { source in
            for (value, name) in zip(enumeration.values, SwiftNames.cases(of: enumeration)) {
                source.documentation(value.documentation, SwiftRenderer.note(value.deprecation))
                source.line("case \(name) = \"\(value.name)\"")
            }
        }
    }

    func render(_ type: ObjectType, to source: inout SourceText) {
        source.line()
        source.documentation(type.documentation, SwiftRenderer.note(type.deprecation))
        let name = SwiftNames.identifier(type.name)
        renderStruct("struct \(name): JSONCodable, Hashable, Sendable", name, type.fields, of: type.name, to: &source) {
            field, source in renderProperty(field, of: type, to: &source)
        }
    }

    /// A struct with its coding: in an extension, so that the memberwise initializer is there; where extensions can't be, inside an
    /// enum, with an initializer that is written out.
    func renderStruct(
        _ head: String, _ name: String, _ fields: [FieldDefinition], of owner: String, to source: inout SourceText,
        _ property: (FieldDefinition, inout SourceText) -> Void
    ) {
        source.block(head) { source in
            for field in fields { property(field, &source) }
            guard isNested else { return }
            source.line()
            let parameters = fields.map { field in
                let type = names.type(field.type)
                return "\(SwiftNames.property(field.name)): \(type)" + (field.type.isNullable ? " = nil" : "")
            }
            source.block("init(\(parameters.joined(separator: ", ")))") { source in
                for field in fields {
                    let property = SwiftNames.property(field.name)
                    source.line("self.\(property) = \(property)")
                }
            }
            source.line()
            renderCoding(of: owner, fields: fields, to: &source)
        }
        if isNested { return }
        source.line()
        source.block("extension \(name)") { source in renderCoding(of: owner, fields: fields, to: &source) }
    }

    private func renderProperty(_ field: FieldDefinition, of type: ObjectType, to source: inout SourceText) {
        source.documentation(
            field.documentation, SwiftRenderer.note(field.constraints), SwiftRenderer.note(field.deprecation))
        let property = "var \(SwiftNames.property(field.name)): \(names.type(field.type))"
        if names.isRecursive(field, of: type) {
            source.line("@Indirect " + property + (field.type.isNullable ? " = nil" : ""))
        } else {
            source.line(property)
        }
    }

    /// The reading initializer and the writing method of a struct with these fields.
    func renderCoding(of owner: String, fields: [FieldDefinition], to source: inout SourceText) {
        let isTaken = fields.contains { $0.name == "reader" || $0.name == "json" }
        renderReading(of: owner, fields: fields, reader: isTaken ? "meshReader" : "reader", to: &source)
        source.line()
        renderWriting(fields: fields, json: isTaken ? "meshJSON" : "json", to: &source)
    }

    private func renderReading(of owner: String, fields: [FieldDefinition], reader: String, to source: inout SourceText)
    {
        // A field that is named like a type (`ID: ID!`) hides it wherever a value could stand.
        let words = fields.reduce(into: Set<String>()) { $0.formUnion(SwiftNames.words(of: $1.type)) }
        let hidesType = fields.contains { words.contains($0.name) }
        func local(_ field: FieldDefinition) -> String {
            hidesType ? "field_" + field.name : SwiftNames.property(field.name)
        }
        func reading(_ type: String) -> String {
            hidesType ? "try .init(json: &\(reader)) as \(type)" : "try \(type)(json: &\(reader))"
        }
        source.block("init(json \(reader): inout JSONReader) throws(MeshError)") { source in
            for field in fields { source.line("var \(local(field)): \(names.type(field.type.asNullable))") }
            source.line("try \(reader).openObject()")
            source.block("while try \(reader).nextMember()") { source in
                source.line("switch \(reader).key {")
                for field in fields {
                    source.line("case \"\(field.name)\": \(local(field)) = \(reading(names.type(field.type)))")
                }
                source.line("default: try \(reader).skipValue()")
                source.line("}")
            }
            for field in fields where !field.type.isNullable {
                source.line("guard let \(local(field)) else { throw \(reader).missing(\"\(owner).\(field.name)\") }")
            }
            let arguments = fields.map { "\(SwiftNames.label($0.name)): \(local($0))" }
            source.line("self.init(\(arguments.joined(separator: ", ")))")
        }
    }

    private func renderWriting(fields: [FieldDefinition], json: String, to source: inout SourceText) {
        source.block("func write(to \(json): inout JSONWriter)") { source in
            source.line("\(json).openObject()")
            for field in fields { source.line("\(json).member(\"\(field.name)\", \(SwiftNames.property(field.name)))") }
            source.line("\(json).closeObject()")
        }
    }

    static func note(_ deprecation: Deprecation?) -> String? {
        deprecation.map { "- Deprecated: \($0.sentence)" }
    }

    /// The rules as a sentence; the mesh checks them.
    static func note(_ constraints: Constraints) -> String? {
        var rules: [String] = []
        if let minimum = constraints.minimum { rules.append("at least \(minimum)") }
        if let maximum = constraints.maximum { rules.append("at most \(maximum)") }
        if let minimum = constraints.minimumLength { rules.append("length at least \(minimum)") }
        if let maximum = constraints.maximumLength { rules.append("length at most \(maximum)") }
        if let pattern = constraints.pattern { rules.append("pattern `\(pattern)`") }
        return rules.isEmpty ? nil : "Checked by the mesh: \(rules.joined(separator: ", "))."
    }
}

extension TypeReference {
    /// The same type where null may stand.
    fileprivate var asNullable: TypeReference { TypeReference(base, isNullable: true) }
}
