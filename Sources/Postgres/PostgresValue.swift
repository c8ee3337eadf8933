package import MeshCore

/// A parameter of a statement.
package enum PostgresValue: Sendable {
    case null
    /// Sent in text form, so it suits every type that the server infers (`text`, `uuid`, `numeric`, an enum, `jsonb`).
    case text(String)
    /// As `text`, for UTF-8 bytes that are at hand: JSON of a message, for a `text`, `json` or `jsonb` parameter.
    case utf8([UInt8])
    case int32(Int32)
    case int64(Int64)
    case bool(Bool)
    case float64(Double)
    /// `bytea`.
    case bytes([UInt8])
    /// `timestamptz`.
    case timestamp(Timestamp)
    /// An array; made by `texts`, `int64s` and their like.
    case array(PostgresArray)
}

extension PostgresValue {
    /// `int8`.
    package static func integer(_ value: Int) -> PostgresValue { .int64(Int64(value)) }
    package static func text(orNull value: String?) -> PostgresValue { value.map(PostgresValue.text) ?? .null }
    package static func int64(orNull value: Int64?) -> PostgresValue { value.map(PostgresValue.int64) ?? .null }
    package static func bytes(orNull value: [UInt8]?) -> PostgresValue { value.map(PostgresValue.bytes) ?? .null }
    package static func utf8(orNull value: [UInt8]?) -> PostgresValue { value.map(PostgresValue.utf8) ?? .null }
    package static func timestamp(orNull value: Timestamp?) -> PostgresValue {
        value.map(PostgresValue.timestamp) ?? .null
    }

    /// `text[]`.
    package static func texts(_ values: some Sequence<String?>) -> PostgresValue {
        .array(PostgresArray(.text, values) { $1.append(contentsOf: $0.utf8) })
    }
    /// `text[]` without nulls, the faster form.
    package static func texts(_ values: some Sequence<String>) -> PostgresValue {
        .array(PostgresArray(.text, values) { $1.append(contentsOf: $0.utf8) })
    }
    /// `text[]` of UTF-8 bytes.
    package static func utf8s(_ values: some Sequence<[UInt8]?>) -> PostgresValue {
        .array(PostgresArray(.text, values) { $1.append(contentsOf: $0) })
    }
    /// `jsonb[]` of UTF-8 bytes.
    package static func jsonbs(_ values: some Sequence<[UInt8]?>) -> PostgresValue {
        .array(
            PostgresArray(.jsonb, values) {
                $1.append(1)  // the version of jsonb's binary form
                $1.append(contentsOf: $0)
            })
    }
    /// `bytea[]`.
    package static func bytesArray(_ values: some Sequence<[UInt8]?>) -> PostgresValue {
        .array(PostgresArray(.bytea, values) { $1.append(contentsOf: $0) })
    }
    /// `int4[]`.
    package static func int32s(_ values: some Sequence<Int32?>) -> PostgresValue {
        .array(PostgresArray(.int4, values) { $1.appendBigEndian($0) })
    }
    /// `int8[]`.
    package static func int64s(_ values: some Sequence<Int64?>) -> PostgresValue {
        .array(PostgresArray(.int8, values) { $1.appendBigEndian($0) })
    }
    /// `int8[]` without nulls, the faster form.
    package static func int64s(_ values: some Sequence<Int64>) -> PostgresValue {
        .array(PostgresArray(.int8, values) { $1.appendBigEndian($0) })
    }
    /// `int8[]` of `Int`.
    package static func integers(_ values: some Sequence<Int>) -> PostgresValue {
        .array(PostgresArray(.int8, values) { $1.appendBigEndian(Int64($0)) })
    }
    /// `bool[]`.
    package static func bools(_ values: some Sequence<Bool?>) -> PostgresValue {
        .array(PostgresArray(.bool, values) { $1.append($0 ? 1 : 0) })
    }
    /// `float8[]`.
    package static func float64s(_ values: some Sequence<Double?>) -> PostgresValue {
        .array(PostgresArray(.float8, values) { $1.appendBigEndian($0.bitPattern) })
    }
    /// `timestamptz[]`.
    package static func timestamps(_ values: some Sequence<Timestamp?>) -> PostgresValue {
        .array(PostgresArray(.timestamptz, values) { $1.appendBigEndian($0.microseconds &- postgresEpoch) })
    }
}
