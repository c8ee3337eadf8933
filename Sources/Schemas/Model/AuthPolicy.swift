/// `@auth(roles:)`: a caller needs at least one of the roles.
package struct AuthPolicy: Sendable, Hashable {
    package var roles: [String]

    package init(roles: [String]) { self.roles = roles }
}
