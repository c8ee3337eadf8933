/// What a value can do wrong; the raw value is a stable word for `details` and logs.
package enum ValueRule: String, Sendable, CaseIterable {
    /// Not JSON (RFC 8259).
    case malformed
    /// Bytes that aren't UTF-8.
    case invalidUTF8
    /// An escape such as `\ud800` without its other half.
    case unpairedSurrogate
    /// U+0000, which PostgreSQL can't store in text.
    case nulCharacter
    /// Arrays and objects deeper than `ValueShape.maximumDepth`.
    case tooDeep
    /// Something behind the value.
    case trailingData
    /// A number with more characters, written out, than `ValueShape.maximumNumberLength`, beyond a 64-bit float, or zero as such a one.
    case numberTooLarge
    case missingField
    case unknownField
    case duplicateField
    /// Null where the type has `!`.
    case unexpectedNull
    case wrongType
    /// A whole number beyond the bits of its type.
    case outOfRange
    /// A string that isn't of its scalar's form: `2026-02-30` for a `Date`.
    case wrongForm
    case unknownEnumValue
    case belowMinimum
    case aboveMaximum
    case tooShort
    case tooLong
    case patternMismatch
}
