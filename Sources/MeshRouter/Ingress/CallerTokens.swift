/// Knows the bearer tokens of callers and the roles they have.
package protocol CallerTokens: Sendable {
    /// The roles of a token; nil where it isn't known or was taken back.
    func roles(of token: String) async throws -> Set<String>?
}
