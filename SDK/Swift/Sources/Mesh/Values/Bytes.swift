/// Binary data; travels as base64 with padding (RFC 4648 §4).
public struct Bytes: Sendable, Hashable {
    public var array: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { array = Array(bytes) }

    /// Reads base64; nil for anything else.
    public init?(base64 text: String) {
        let text = Array(text.utf8)
        guard text.count % 4 == 0 else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == 0x3D }.count
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        for (index, byte) in text.dropLast(padding).enumerated() {
            guard let digit = Bytes.digit(byte) else { return nil }
            bits = bits << 6 | UInt32(digit)
            if index % 4 > 0 { result.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(index % 4)))) }
        }
        // The unused bits of the last digit must be zero, so that each value has one form.
        if padding > 0, bits & (padding == 1 ? 3 : 15) != 0 { return nil }
        array = result
    }

    /// The data as base64 with padding.
    public var base64: String {
        var text: [UInt8] = []
        text.reserveCapacity((array.count + 2) / 3 * 4)
        var index = 0
        while index < array.count {
            let count = min(3, array.count - index)
            var bits: UInt32 = 0
            for offset in 0..<3 { bits = bits << 8 | (offset < count ? UInt32(array[index + offset]) : 0) }
            for digit in 0..<4 {
                text.append(digit <= count ? Bytes.character(UInt8(bits >> UInt32(18 - 6 * digit) & 63)) : 0x3D)
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }

    private static func character(_ digit: UInt8) -> UInt8 {
        switch digit {
        case 0..<26: digit + 0x41
        case 26..<52: digit - 26 + 0x61
        case 52..<62: digit - 52 + 0x30
        case 62: 0x2B
        default: 0x2F
        }
    }
}

extension Bytes: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let bytes = Bytes(base64: try reader.readString()) else { throw reader.error("base64") }
        self = bytes
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: base64) }
}
