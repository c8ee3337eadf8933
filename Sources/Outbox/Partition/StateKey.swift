import MeshCore

/// What keyed state belongs to: a service and a key, compared byte for byte (`ExactText` tells why).
package struct StateKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Qualified: `shop.Orders`.
    package var service: String
    package var key: String

    package init(service: String, key: String) {
        self.service = service
        self.key = key
    }

    /// The key decides nearly always, so it is compared first, and alone hashed.
    package static func == (left: StateKey, right: StateKey) -> Bool {
        left.key.hasSameBytes(as: right.key) && left.service == right.service
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(key) }

    package static func < (left: StateKey, right: StateKey) -> Bool {
        left.service == right.service ? left.key.precedesInBytes(right.key) : left.service < right.service
    }

    package var description: String { "\(service) \"\(key)\"" }
}
