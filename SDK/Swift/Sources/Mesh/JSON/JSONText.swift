/// A piece of UTF-8 inside a buffer that somebody else owns, compared byte by byte with literals.
public struct JSONText {
    @usableFromInline let bytes: UnsafeBufferPointer<UInt8>

    public init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// A copy as a `String`.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Lets `switch` compare with literals.
    @inlinable
    public static func ~= (literal: StaticString, text: JSONText) -> Bool { text.equals(literal) }

    /// Most literals of a `switch` are of another length.
    @inlinable
    func equals(_ literal: StaticString) -> Bool {
        guard literal.hasPointerRepresentation else { return string == literal.asString }
        return literal.utf8CodeUnitCount == bytes.count && equals(literal.utf8Start)
    }

    @inline(never) @usableFromInline
    func equals(_ start: UnsafePointer<UInt8>) -> Bool {
        for index in 0..<bytes.count where start[index] != bytes[index] { return false }
        return true
    }
}

extension StaticString {
    @usableFromInline var asString: String { withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
}
