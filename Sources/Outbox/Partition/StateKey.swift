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

    /// The first eight bytes of the key as a number, those of a shorter one followed by zeros: of two keys of one service the lesser one's isn't greater.
    package var start: UInt64 {
        var number: UInt64 = 0
        var missing = 8
        for byte in key.utf8.prefix(8) {
            number = number << 8 | UInt64(byte)
            missing -= 1
        }
        return missing == 8 ? 0 : number << UInt64(8 * missing)
    }

    package var description: String { "\(service) \"\(key)\"" }
}
