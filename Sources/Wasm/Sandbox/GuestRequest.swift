package import MeshCore

/// One message for a guest: everything that one execution may know.
///
/// A reference, since it is handed on with all that it holds.
package final class GuestRequest: Sendable {
    /// The service and the method's name, `Orders/place`.
    package let method: String
    /// The JSON that the wire carries, already checked against the schema.
    package let data: [UInt8]
    package let facts: MessageFacts
    /// The guest's clock; the same for every retry of this message.
    package let now: Timestamp
    /// Mixed into the guest's random bytes, so that they can't be guessed from the message's id; the same for the whole mesh.
    package let randomSecret: [UInt8]
    /// Whether the method's service has an `@state`; without it the state functions answer −5.
    package let hasState: Bool
    /// The state of the message's key, nil where there is none.
    package let state: [UInt8]?
    package let limits: SandboxLimits

    package init(
        method: String, data: [UInt8], facts: MessageFacts, now: Timestamp, randomSecret: [UInt8] = [],
        hasState: Bool = true, state: [UInt8]? = nil, limits: SandboxLimits = SandboxLimits()
    ) {
        self.method = method
        self.data = data
        self.facts = facts
        self.now = now
        self.randomSecret = randomSecret
        self.hasState = hasState
        self.state = state
        self.limits = limits
    }
}
