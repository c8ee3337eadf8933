/// `@deprecated(reason:, removeBy:)`.
package struct Deprecation: Sendable, Hashable {
    package var reason: String?
    /// A date, `2027-01-01`.
    package var removeBy: String?

    package init(reason: String? = nil, removeBy: String? = nil) {
        self.reason = reason
        self.removeBy = removeBy
    }
}
