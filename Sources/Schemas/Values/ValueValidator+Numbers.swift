extension ValueValidator {
    struct NumberSpan {
        var start: Int
        var count: Int
        var isWhole: Bool
        var hasExponent: Bool
    }

    /// Steps over a number in JSON's grammar.
    mutating func number() throws(ValueFailure) -> NumberSpan {
        var span = NumberSpan(start: position, count: 0, isWhole: true, hasExponent: false)
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) {
            span.isWhole = false
            try digits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            position += 1
            span.isWhole = false
            span.hasExponent = true
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        if current.isNamePart || current == UInt8(ascii: ".") {
            position = span.start
            throw malformed("a number such as `-1`, `0.5` or `1e3`")
        }
        span.count = position - span.start
        if span.count > ValueShape.maximumNumberLength { throw ValueFailure(rule: .numberTooLarge, offset: span.start) }
        return span
    }

    private mutating func digits() throws(ValueFailure) {
        let start = position
        while position < count, base[position].isDigit { position += 1 }
        if position == start { throw malformed("a digit") }
    }

    /// A number that fits a 64-bit float, so that every reader can hold it, and that comes back from `jsonb` as one that is accepted.
    mutating func finiteNumber() throws(ValueFailure) -> NumberSpan {
        let span = try number()
        // Others are finite, not so close to zero, and written out already.
        if span.hasExponent || span.count > ValueShape.plainNumberLength, !isKept(span) {
            throw ValueFailure(rule: .numberTooLarge, offset: span.start)
        }
        return span
    }

    /// `jsonb` writes numbers out: `1e70` has 71 characters there. What is written out has to be accepted again.
    private func isKept(_ span: NumberSpan) -> Bool {
        let text = UnsafeBufferPointer(start: base + span.start, count: span.count)
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return false }
        let digits = text.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        if value == 0, digits.contains(where: { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }) { return false }
        let exponent = span.hasExponent ? Int(String(decoding: text[digits.endIndex...].dropFirst(), as: UTF8.self)) : 0
        guard let exponent, exponent.magnitude < ValueShape.exponentBound else { return false }
        let whole = digits.firstIndex(of: UInt8(ascii: ".")) ?? digits.endIndex
        let fraction = max(0, digits.endIndex - whole - 1)
        // Zero has one digit before the point, whatever its exponent.
        let written = (value == 0 ? whole : max(whole, whole + exponent)) + 1 + max(0, fraction - exponent)
        return written <= ValueShape.maximumNumberLength
    }

    private var isAtNumber: Bool { current.isDigit || current == UInt8(ascii: "-") }

    mutating func int(_ index: Int32, _ node: ValueShape.Node) throws(ValueFailure) {
        guard isAtNumber else { throw wrongType(index) }
        let span = try number()
        guard span.isWhole else { throw ValueFailure(rule: .wrongType, offset: span.start, node: index) }
        let isNegative = base[span.start] == UInt8(ascii: "-")
        var value: Int64 = 0
        guard span.count <= 11 else { throw ValueFailure(rule: .outOfRange, offset: span.start, node: index) }
        for at in (isNegative ? span.start + 1 : span.start)..<position {
            value = value &* 10 &+ Int64(base[at] &- UInt8(ascii: "0"))
        }
        if isNegative { value = -value }
        guard value >= Int64(Int32.min), value <= Int64(Int32.max) else {
            throw ValueFailure(rule: .outOfRange, offset: span.start, node: index)
        }
        guard node.constraints >= 0 else { return }
        let bounds = shape.bounds[Int(node.constraints)]
        if value < bounds.wholeMinimum { throw ValueFailure(rule: .belowMinimum, offset: span.start, node: index) }
        if value > bounds.wholeMaximum { throw ValueFailure(rule: .aboveMaximum, offset: span.start, node: index) }
    }

    mutating func float(_ index: Int32, _ node: ValueShape.Node) throws(ValueFailure) {
        guard isAtNumber else { throw wrongType(index) }
        let span = try finiteNumber()
        guard node.constraints >= 0 else { return }
        let text = UnsafeRawBufferPointer(start: base + span.start, count: span.count)
        if let failure = checkNumber(text, shape.bounds[Int(node.constraints)], index, span.start) { throw failure }
    }

    /// Compares exactly, digit by digit.
    func checkNumber(
        _ text: UnsafeRawBufferPointer, _ bounds: ValueShape.Bounds, _ index: Int32, _ start: Int
    ) -> ValueFailure? {
        guard bounds.concernsNumber else { return nil }
        // The commonest bound is zero: the sign decides.
        if bounds.maximum == nil, let minimum = bounds.minimum, minimum.isZero, text.first != UInt8(ascii: "-") {
            return nil
        }
        guard let number = DecimalText(text) else {
            return ValueFailure(rule: .numberTooLarge, offset: start, node: index)
        }
        if let minimum = bounds.minimum, number < minimum {
            return ValueFailure(rule: .belowMinimum, offset: start, node: index)
        }
        if let maximum = bounds.maximum, number > maximum {
            return ValueFailure(rule: .aboveMaximum, offset: start, node: index)
        }
        return nil
    }
}
