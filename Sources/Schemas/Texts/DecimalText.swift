/// A decimal number of any size as text, compared exactly.
struct DecimalText {
    let isNegative: Bool
    /// Significant digits (values 0 to 9) without leading and trailing zeros; empty for zero.
    private let digits: [UInt8]
    /// The number is 0.DIGITS × 10^exponent.
    private let exponent: Int

    /// What is written in a schema has no larger exponents.
    private static let maximumExponent = 10_000
    /// Elsewhere larger exponents are taken for this one, which is beyond those of schemas as well.
    private static let beyondSchemas = 1 << 40

    /// Reads `-12.50` and `1.5e3`; nil for anything else, and for exponents beyond ±10,000.
    init?(_ text: String) { self.init(Array(text.utf8), maximumExponent: DecimalText.maximumExponent) }

    /// Reads `-12.50` and `1.5e3`, however large the exponent; nil for anything else.
    ///
    /// It compares exactly with what has an exponent within ±10,000.
    init?(_ bytes: some RandomAccessCollection<UInt8>) { self.init(bytes, maximumExponent: DecimalText.beyondSchemas) }

    private init?(_ bytes: some RandomAccessCollection<UInt8>, maximumExponent: Int) {
        var rest = bytes[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let whole = rest.prefix { $0.isDigit }
        rest = rest.dropFirst(whole.count)
        guard !whole.isEmpty, whole.first != UInt8(ascii: "0") || whole.count == 1 else { return nil }
        var all = whole.map { $0 - UInt8(ascii: "0") }
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { $0.isDigit }
            guard !fraction.isEmpty else { return nil }
            all += fraction.map { $0 - UInt8(ascii: "0") }
            rest = rest.dropFirst(1 + fraction.count)
        }
        var power = whole.count
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            guard let value = DecimalText.exponent(rest.dropFirst()), abs(value) <= maximumExponent else { return nil }
            power += value
            rest = rest.dropFirst(rest.count)
        }
        guard rest.isEmpty else { return nil }
        let zeros = all.prefix { $0 == 0 }.count
        all.removeFirst(zeros)
        while all.last == 0 { all.removeLast() }
        digits = all
        exponent = all.isEmpty ? 0 : power - zeros
    }

    private static func exponent(_ text: some RandomAccessCollection<UInt8>) -> Int? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = text.dropFirst(isNegative || text.first == UInt8(ascii: "+") ? 1 : 0)
        guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
        let size = digits.reduce(0) { min($0 * 10 + Int($1 - UInt8(ascii: "0")), beyondSchemas) }
        return isNegative ? -size : size
    }

    var isZero: Bool { digits.isEmpty }

    /// True for a number without a fraction.
    var isWhole: Bool { digits.count <= exponent || digits.isEmpty }

    /// The number where it is a whole one of 64 bits.
    var int64: Int64? {
        guard isWhole, exponent <= 19 else { return nil }
        var value: Int64 = 0
        for place in 0..<exponent {
            let digit = place < digits.count ? Int64(digits[place]) : 0
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(isNegative ? -digit : digit)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// -1, 0 or 1: less, equal or greater.
    func compare(to other: DecimalText) -> Int {
        let sign = self.sign
        guard sign == other.sign else { return sign < other.sign ? -1 : 1 }
        return sign * magnitudeCompare(to: other)
    }

    private var sign: Int { isZero ? 0 : isNegative ? -1 : 1 }

    private func magnitudeCompare(to other: DecimalText) -> Int {
        if exponent != other.exponent { return exponent < other.exponent ? -1 : 1 }
        for (left, right) in zip(digits, other.digits) where left != right { return left < right ? -1 : 1 }
        return digits.count == other.digits.count ? 0 : digits.count < other.digits.count ? -1 : 1
    }
}

extension DecimalText: Comparable {
    static func == (left: DecimalText, right: DecimalText) -> Bool { left.compare(to: right) == 0 }
    static func < (left: DecimalText, right: DecimalText) -> Bool { left.compare(to: right) < 0 }
}
