/// A field of an object type, or an argument of a method.
package struct FieldDefinition: Sendable, Hashable {
    package var name: String
    package var type: TypeReference
    package var constraints: Constraints
    /// `@attribute`: a column of the view in which workflows are searched; always a scalar or an enum.
    package var isAttribute: Bool
    package var documentation: String?
    package var deprecation: Deprecation?

    package init(
        name: String, type: TypeReference, constraints: Constraints = Constraints(), isAttribute: Bool = false,
        documentation: String? = nil, deprecation: Deprecation? = nil
    ) {
        self.name = name
        self.type = type
        self.constraints = constraints
        self.isAttribute = isAttribute
        self.documentation = documentation
        self.deprecation = deprecation
    }
}
