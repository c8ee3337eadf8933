internal import Glibc

/// A text that is equal to another only if it is the same byte for byte, as to Kafka and to Postgres.
///
/// Swift's own `==` takes canonically equivalent texts for equal (Unicode Standard Annex 15): `é` written in one scalar or in two, the Kelvin sign
/// and `K`. Where a text names something that others store, that would make two things one.
package struct ExactText: Sendable, Hashable, ExpressibleByStringLiteral {
    package var text: String

    package init(_ text: String) { self.text = text }
    package init(stringLiteral text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.hasSameBytes(as: right.text) }

    /// Equivalent texts share a hash, which is harmless.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension String {
    /// Whether both are the same bytes in UTF-8.
    package func hasSameBytes(as other: String) -> Bool {
        isIdentical(to: other) || (utf8.count == other.utf8.count && order(of: other) == 0)
    }

    /// Whether both are the same text in the same place, or the same short one: mostly so where a text is looked up that was handed on, and known at a
    /// glance.
    private func isIdentical(to other: String) -> Bool {
        unsafeBitCast(self, to: (UInt64, UInt64).self) == unsafeBitCast(other, to: (UInt64, UInt64).self)
    }

    /// Whether its bytes come before the other's.
    package func precedesInBytes(_ other: String) -> Bool { order(of: other) < 0 }

    /// Whether one of its bytes is zero.
    var hasZeroByte: Bool {
        utf8.withContiguousStorageIfAvailable { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        } ?? utf8.contains(0)
    }

    /// Below, at or above zero, as its bytes stand to the other's.
    private func order(of other: String) -> Int {
        let order = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in String.order(left, right) }
        }
        // Strings that aren't contiguous come from elsewhere than Swift.
        return (order ?? nil)
            ?? Array(utf8).withUnsafeBufferPointer { left in
                Array(other.utf8).withUnsafeBufferPointer { right in String.order(left, right) }
            }
    }

    private static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        let common = Swift.min(left.count, right.count)
        if common > 0, let first = left.baseAddress, let second = right.baseAddress {
            let order = memcmp(first, second, common)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }
}
