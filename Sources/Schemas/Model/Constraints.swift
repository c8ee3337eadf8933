/// What a value must satisfy beyond its type.
///
/// On a list, the length counts the items, and the bounds and the pattern hold for each innermost item.
package struct Constraints: Sendable, Hashable {
    /// `@min`: the least number, inclusive; decimal text such as `0.01`, so that nothing is rounded.
    package var minimum: String?
    /// `@max`: the greatest number, inclusive.
    package var maximum: String?
    /// `@length(min:)`: the least count of Unicode scalars of a text, of bytes of a `Bytes`, of items of a list.
    package var minimumLength: Int?
    /// `@length(max:)`.
    package var maximumLength: Int?
    /// `@pattern`: a regular expression that the whole text must match (docs/schema-language.md names the subset).
    package var pattern: String?

    package init(
        minimum: String? = nil, maximum: String? = nil, minimumLength: Int? = nil, maximumLength: Int? = nil,
        pattern: String? = nil
    ) {
        self.minimum = minimum
        self.maximum = maximum
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
        self.pattern = pattern
    }

    package var isEmpty: Bool { self == Constraints() }
}
