package import MeshCore

/// What a guest may ask about the message it handles (`context` in docs/abi.md).
package struct MessageFacts: Sendable {
    package var id: String
    package var key: String?
    /// `shop.Orders/place` or `order.placed`.
    package var type: String
    package var source: String
    /// The service that sent it, nil from outside.
    package var caller: String?
    /// Who made the call over HTTP, as `Principal.text`; nil where no token said so.
    package var principal: String?
    package var traceparent: String?
    /// From 1.
    package var attempt: Int
    package var deadline: Timestamp?
    /// The service that handles it, `shop.Orders`.
    package var service: String

    package init(
        id: String, key: String? = nil, type: String, source: String, caller: String? = nil,
        principal: String? = nil, traceparent: String? = nil, attempt: Int = 1, deadline: Timestamp? = nil,
        service: String
    ) {
        self.id = id
        self.key = key
        self.type = type
        self.source = source
        self.caller = caller
        self.principal = principal
        self.traceparent = traceparent
        self.attempt = attempt
        self.deadline = deadline
        self.service = service
    }
}
