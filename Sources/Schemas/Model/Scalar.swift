/// The built-in scalar types; the raw value is the name in the schema language.
package enum Scalar: String, Sendable, Hashable, CaseIterable {
    /// Any Unicode text without U+0000; a JSON string.
    case string = "String"
    /// 32-bit signed integer; a JSON number.
    case int = "Int"
    /// 64-bit signed integer; a JSON string of digits, since JSON numbers lose precision beyond 2^53.
    case long = "Long"
    /// 64-bit floating point; a JSON number.
    case float = "Float"
    /// `true` or `false`.
    case boolean = "Boolean"
    /// An opaque identifier of at least one character; a JSON string.
    case id = "ID"
    /// A UUID in its canonical form, either case; a JSON string.
    case uuid = "UUID"
    /// An exact decimal number of at most 38 digits; a JSON string such as `"12.50"`.
    case decimal = "Decimal"
    /// A calendar date, `2026-11-21`; a JSON string.
    case date = "Date"
    /// A time of day without zone, `13:05:00` with up to nine fractional digits; a JSON string.
    case time = "Time"
    /// A point in time with offset (RFC 3339), `2026-11-21T13:05:00Z`; a JSON string.
    case dateTime = "DateTime"
    /// A span of time in ISO 8601, `PT1H30M`; a JSON string.
    case duration = "Duration"
    /// An absolute URL; a JSON string.
    case url = "URL"
    /// Binary data in standard base64 with padding; a JSON string.
    case bytes = "Bytes"
    /// Any JSON value.
    case json = "JSON"
    /// No value; only as a method's result.
    case void = "Void"
}
