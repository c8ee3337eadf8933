/// A universally unique identifier of 128 bits, printed in lower case.
public struct UUID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// A random one (version 4). In a handler: `var random = mesh.random`, so that a retry gets the same.
    public static func random(using generator: inout some RandomNumberGenerator) -> UUID {
        UUID(
            high: generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the canonical form of 36 characters, in either case; nil for anything else.
    public init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { UUID(ascii: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    init?(ascii text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 36 else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        var digits = 0
        for index in 0..<36 {
            if UUID.isDash(index) {
                guard text[index] == 0x2D else { return nil }
                continue
            }
            guard let digit = text[index].hexadecimalDigit else { return nil }
            if digits < 16 {
                words.high = words.high << 4 | UInt64(digit)
            } else {
                words.low = words.low << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: words.high, low: words.low)
    }

    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        var digits: UInt64 = 0
        for index in 0..<36 {
            if UUID.isDash(index) {
                text.append(0x2D)
                continue
            }
            let word = digits < 16 ? high : low
            let digit = UInt8(word >> ((15 - digits % 16) * 4) & 15)
            text.append(digit < 10 ? digit + 0x30 : digit - 10 + 0x61)
            digits += 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isDash(_ index: Int) -> Bool { index == 8 || index == 13 || index == 18 || index == 23 }
}

extension UUID: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let uuid = try reader.readStringBytes({ UUID(ascii: $0) }) else { throw reader.error("a UUID") }
        self = uuid
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: description) }
}
