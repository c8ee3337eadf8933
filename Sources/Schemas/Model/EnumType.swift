/// An `enum`; its values travel as JSON strings.
package struct EnumType: Sendable, Hashable {
    package struct Value: Sendable, Hashable {
        package var name: String
        package var documentation: String?
        package var deprecation: Deprecation?

        package init(name: String, documentation: String? = nil, deprecation: Deprecation? = nil) {
            self.name = name
            self.documentation = documentation
            self.deprecation = deprecation
        }
    }

    package var name: String
    /// In the order of the document; at least one.
    package var values: [Value]
    package var documentation: String?
    package var deprecation: Deprecation?

    package init(name: String, values: [Value], documentation: String? = nil, deprecation: Deprecation? = nil) {
        self.name = name
        self.values = values
        self.documentation = documentation
        self.deprecation = deprecation
    }
}
