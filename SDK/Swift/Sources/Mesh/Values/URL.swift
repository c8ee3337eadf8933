/// An absolute URL, kept as it is written.
public struct URL: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// Nil unless `text` begins with a scheme (`https:`) and has no white space.
    public init?(_ text: String) {
        var hasScheme = false
        for (index, byte) in text.utf8.enumerated() {
            if byte <= 0x20 || byte == 0x7F { return nil }
            if hasScheme { continue }
            let letter = byte | 0x20
            let isLetter = (0x61...0x7A).contains(letter)
            let isOther = byte.decimalDigit != nil || byte == 0x2B || byte == 0x2D || byte == 0x2E
            if byte == 0x3A, index > 0 { hasScheme = true } else if !(isLetter || (isOther && index > 0)) { return nil }
        }
        guard hasScheme else { return nil }
        self.text = text
    }

    public var description: String { text }
}

extension URL: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let url = URL(try reader.readString()) else { throw reader.error("an absolute URL") }
        self = url
    }

    public func write(to json: inout JSONWriter) { json.write(text) }
}
