extension Decimal: CustomStringConvertible {
    /// Reads `-12.50`: digits, at most one point with digits on both sides; nil for anything else.
    public init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { Decimal(ascii: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    init?(ascii text: UnsafeBufferPointer<UInt8>) {
        var digits: [UInt8] = []
        var scale: Int?
        let isNegative = text.first == 0x2D
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            if byte == 0x2E {
                if scale != nil || digits.isEmpty { return nil }
                scale = 0
            } else {
                guard byte.decimalDigit != nil, digits.count < 2 * Decimal.maximumScale else { return nil }
                digits.append(byte)
                if let places = scale { scale = places + 1 }
            }
        }
        if digits.isEmpty || scale == 0 || (scale ?? 0) > Decimal.maximumScale { return nil }
        self.init(Magnitude(digits: digits[...]), isNegative: isNegative, scale: scale ?? 0)
    }

    /// As it travels: `-12.50`.
    public var description: String {
        var digits = coefficientMagnitude.digits
        if digits.count <= scale {
            digits.insert(contentsOf: [UInt8](repeating: 0x30, count: scale + 1 - digits.count), at: 0)
        }
        if scale > 0 { digits.insert(0x2E, at: digits.count - scale) }
        if isNegative { digits.insert(0x2D, at: 0) }
        return String(decoding: digits, as: UTF8.self)
    }
}

extension Decimal: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard reader.isAtString else {
            guard let value = Decimal(try reader.readNumberText()) else { throw reader.error("a decimal number") }
            self = value
            return
        }
        guard let value = try reader.readStringBytes({ Decimal(ascii: $0) }) else {
            throw reader.error("a decimal number")
        }
        self = value
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: description) }
}
