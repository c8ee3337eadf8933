package import MeshCore

/// One message for a guest: everything that one execution may know.
package struct GuestRequest: Sendable {
    /// The service and the method's name, `Orders/place`.
    package var method: String
    /// The JSON that the wire carries, already checked against the schema.
    package var data: [UInt8]
    package var facts: MessageFacts
    /// The guest's clock; the same for every retry of this message.
    package var now: Timestamp
    /// Mixed into the guest's random bytes, so that they can't be guessed from the message's id; the same for the whole mesh.
    package var randomSecret: [UInt8]
    /// Whether the method's service has an `@state`; without it the state functions answer −5.
    package var hasState: Bool
    /// The state of the message's key, nil where there is none.
    package var state: [UInt8]?
    package var limits: SandboxLimits

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
