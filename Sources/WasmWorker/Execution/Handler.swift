import MeshCore
import Schemas

/// One method of one service as the partition logic knows it: what is run for a message, and how its failures are treated.
struct Handler: Sendable, Hashable {
    /// `shop.Orders`.
    var service: String
    /// `place`.
    var method: String
    var retry: RetryPolicy
    /// Set for handlers that take lists of events.
    var batch: BatchPolicy?
    /// True for a method that is called, false for a handler of an event.
    var isCall: Bool
}
