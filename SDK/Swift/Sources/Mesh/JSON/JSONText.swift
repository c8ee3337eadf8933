/// A piece of UTF-8 inside a buffer that somebody else owns, compared byte by byte with literals.
public struct JSONText {
    @usableFromInline let bytes: UnsafeBufferPointer<UInt8>

    public init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// A copy as a `String`.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Lets `switch` compare with literals.
    public static func ~= (literal: StaticString, text: JSONText) -> Bool { text.equals(literal) }

    @inline(never)
    func equals(_ literal: StaticString) -> Bool {
        guard literal.hasPointerRepresentation else { return string == literal.asString }
        let count = literal.utf8CodeUnitCount
        guard count == bytes.count else { return false }
        let start = literal.utf8Start
        for index in 0..<count where start[index] != bytes[index] { return false }
        return true
    }
}

extension StaticString {
    var asString: String { withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
}
