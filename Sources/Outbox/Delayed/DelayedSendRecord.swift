package import MeshCore

/// A call that waits for its time, as operators see it.
package struct DelayedSendRecord: Sendable, Equatable {
    /// The message's id.
    package var id: String
    package var due: Timestamp
    /// `shop.Orders/remind`
    package var method: String
    /// Nil where the message's id stands for it.
    package var key: String?
    /// Who sends it: `/shop.Orders` (a workflow too), `/http`, `/sql`.
    package var source: String
    package var createdAt: Timestamp
    /// The name of the token that it came with; nil for what no token came with.
    package var principal: String?
}
