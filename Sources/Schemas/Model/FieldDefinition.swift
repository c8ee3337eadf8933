/// A field of an object type, or an argument of a method.
package struct FieldDefinition: Sendable, Hashable {
    package var name: String
    package var type: TypeReference
    package var constraints: Constraints
    package var documentation: String?
    package var deprecation: Deprecation?

    package init(
        name: String, type: TypeReference, constraints: Constraints = Constraints(), documentation: String? = nil,
        deprecation: Deprecation? = nil
    ) {
        self.name = name
        self.type = type
        self.constraints = constraints
        self.documentation = documentation
        self.deprecation = deprecation
    }
}
