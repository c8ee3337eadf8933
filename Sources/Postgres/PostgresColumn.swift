package import MeshCore

/// An array parameter that is written element by element: the values of one column of many rows.
///
/// Unlike `PostgresValue.texts` and its like it needs no array of the values first, and nothing of it is generic, so that
/// other modules pay only for the bytes.
package struct PostgresColumn: Sendable {
    private var array: PostgresArray
    private var count: Int32 = 0
    private var hasNull = false

    private init(_ type: PostgresType, capacity: Int, elementBytes: Int) {
        array = PostgresArray(type, byteCapacity: capacity * (elementBytes + 4))
    }

    /// `text[]`.
    package static func texts(capacity: Int) -> PostgresColumn {
        PostgresColumn(.text, capacity: capacity, elementBytes: 36)
    }
    /// `int4[]`.
    package static func int32s(capacity: Int) -> PostgresColumn {
        PostgresColumn(.int4, capacity: capacity, elementBytes: 4)
    }
    /// `int8[]`.
    package static func int64s(capacity: Int) -> PostgresColumn {
        PostgresColumn(.int8, capacity: capacity, elementBytes: 8)
    }
    /// `timestamptz[]`.
    package static func timestamps(capacity: Int) -> PostgresColumn {
        PostgresColumn(.timestamptz, capacity: capacity, elementBytes: 8)
    }

    package mutating func append(_ text: String?) {
        guard var text else { return appendNull() }
        text.withUTF8 { utf8 in
            begin(utf8.count)
            array.bytes.append(contentsOf: utf8)
        }
    }

    /// UTF-8 that is at hand as bytes.
    package mutating func append(_ utf8: [UInt8]?) {
        guard let utf8 else { return appendNull() }
        begin(utf8.count)
        array.bytes.append(contentsOf: utf8)
    }

    package mutating func append(_ number: Int64) {
        begin(8)
        array.bytes.appendBigEndian(number)
    }

    package mutating func append(_ number: Int32) {
        begin(4)
        array.bytes.appendBigEndian(number)
    }

    package mutating func append(_ time: Timestamp?) {
        guard let time else { return appendNull() }
        append(time.microseconds &- postgresEpoch)
    }

    private mutating func appendNull() {
        count += 1
        hasNull = true
        array.bytes.appendBigEndian(Int32(-1))
    }

    private mutating func begin(_ byteCount: Int) {
        count += 1
        array.bytes.appendBigEndian(Int32(truncatingIfNeeded: byteCount))
    }

    /// The parameter; the column is used up.
    package consuming func value() -> PostgresValue {
        array.finish(count: count, hasNull: hasNull)
        return .array(array)
    }
}
