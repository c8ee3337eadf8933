/// A one-dimensional array in the binary form of `array_send`: dimensions, null flag, element type, length, lower bound, elements.
package struct PostgresArray: Sendable {
    var bytes: [UInt8]

    /// Writes each element with `append`; nil becomes null.
    init<Element>(
        _ type: PostgresType, _ values: some Sequence<Element?>, append: (borrowing Element, inout [UInt8]) -> Void
    ) {
        self.init(type, byteCapacity: values.underestimatedCount * 24)
        var count: Int32 = 0
        var hasNull = false
        for value in values {
            count += 1
            if let value {
                appendElement(value, append)
            } else {
                hasNull = true
                bytes.appendBigEndian(Int32(-1))
            }
        }
        finish(count: count, hasNull: hasNull)
    }

    /// Writes each element with `append`.
    init<Element>(
        _ type: PostgresType, _ values: some Sequence<Element>, append: (borrowing Element, inout [UInt8]) -> Void
    ) {
        self.init(type, byteCapacity: values.underestimatedCount * 24)
        var count: Int32 = 0
        for value in values {
            count += 1
            appendElement(value, append)
        }
        finish(count: count, hasNull: false)
    }

    /// The head of an array whose elements and `finish` follow.
    init(_ type: PostgresType, byteCapacity: Int) {
        bytes = []
        bytes.reserveCapacity(20 + byteCapacity)
        bytes.appendBigEndian(Int32(1))
        bytes.appendBigEndian(Int32(0))
        bytes.appendBigEndian(type.rawValue)
        bytes.appendBigEndian(Int32(0))
        bytes.appendBigEndian(Int32(1))
    }

    private mutating func appendElement<Element>(
        _ value: borrowing Element, _ append: (borrowing Element, inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        bytes.appendBigEndian(Int32(0))
        append(value, &bytes)
        bytes.overwriteBigEndian(Int32(truncatingIfNeeded: bytes.count - start - 4), at: start)
    }

    mutating func finish(count: Int32, hasNull: Bool) {
        if count == 0 {
            bytes.overwriteBigEndian(Int32(0), at: 0)
            bytes.removeSubrange(12...)
            return
        }
        bytes.overwriteBigEndian(Int32(hasNull ? 1 : 0), at: 4)
        bytes.overwriteBigEndian(count, at: 12)
    }
}

extension [UInt8] {
    /// Appends an integer in network order.
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    /// Writes an integer in network order over the bytes at `offset`.
    mutating func overwriteBigEndian(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: type(of: value)) }
    }
}
