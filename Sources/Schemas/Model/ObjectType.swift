/// A `type` (or `input`, which means the same).
package struct ObjectType: Sendable, Hashable {
    package var name: String
    /// In the order of the document; at least one.
    package var fields: [FieldDefinition]
    /// `@key(field:)`: the field whose value is the key of a state of this type; always one of `fields`, a non-null scalar.
    package var keyField: String?
    package var documentation: String?
    package var deprecation: Deprecation?

    package init(
        name: String, fields: [FieldDefinition], keyField: String? = nil, documentation: String? = nil,
        deprecation: Deprecation? = nil
    ) {
        self.name = name
        self.fields = fields
        self.keyField = keyField
        self.documentation = documentation
        self.deprecation = deprecation
    }

    package func field(_ name: String) -> FieldDefinition? { fields.first { $0.name == name } }

    /// The definition of `keyField`.
    package var key: FieldDefinition? { keyField.flatMap { field($0) } }
}
