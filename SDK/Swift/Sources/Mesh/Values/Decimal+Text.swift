extension Decimal: CustomStringConvertible {
    /// Reads `-12.50`: digits, at most one point with digits on both sides; nil for anything else.
    public init?(_ text: String) {
        var text = text
        let parsed = text.withUTF8 { Decimal(ascii: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Digits that a number of 64 bits holds, whichever they are.
    private static let shortDigits = 18

    init?(ascii text: UnsafeBufferPointer<UInt8>) {
        let start = text.first == 0x2D ? 1 : 0
        var point: Int?
        for index in start..<text.count {
            if text[index] == 0x2E {
                if point != nil || index == start { return nil }
                point = index
            } else if text[index].decimalDigit == nil {
                return nil
            }
        }
        let scale = point.map { text.count - 1 - $0 } ?? 0
        let count = text.count - start - (point == nil ? 0 : 1)
        guard count > 0, count <= 2 * Decimal.maximumScale, scale <= Decimal.maximumScale, point == nil || scale > 0
        else { return nil }
        guard count <= Decimal.shortDigits else {
            let digits = text[start...].filter { $0 != 0x2E }
            self.init(Magnitude(digits: digits[...]), isNegative: start == 1, scale: scale)
            return
        }
        // Nearly all are short, and need no list of their digits.
        var value: Int64 = 0
        for index in start..<text.count where index != point { value = value &* 10 &+ Int64(text[index] &- 0x30) }
        self.init(.small(start == 1 ? -value : value), scale: scale)
    }

    /// As it travels: `-12.50`.
    public var description: String { withText { String(decoding: $0, as: UTF8.self) } }

    /// Hands out the description's bytes.
    func withText<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        if case .small(let value) = coefficient, scale <= Decimal.shortDigits { return withText(of: value, body) }
        var digits = coefficientMagnitude.digits
        if digits.count <= scale {
            digits.insert(contentsOf: [UInt8](repeating: 0x30, count: scale + 1 - digits.count), at: 0)
        }
        if scale > 0 { digits.insert(0x2E, at: digits.count - scale) }
        if isNegative { digits.insert(0x2D, at: 0) }
        return digits.withUnsafeBufferPointer(body)
    }

    /// The same where a sign, 19 digits and a point are enough, from the last digit to the first.
    private func withText<Value>(of value: Int64, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { buffer in
            var start = buffer.count
            var rest = value.magnitude
            var places = 0
            while rest > 0 || places <= scale {
                if places == scale, scale > 0 {
                    start -= 1
                    buffer[start] = 0x2E
                }
                start -= 1
                buffer[start] = UInt8(rest % 10) + 0x30
                rest /= 10
                places += 1
            }
            if value < 0 {
                start -= 1
                buffer[start] = 0x2D
            }
            return body(UnsafeBufferPointer(rebasing: buffer[start...]))
        }
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

    public func write(to json: inout JSONWriter) { withText { json.writeQuoted(ascii: $0) } }
}
