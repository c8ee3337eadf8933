extension Decimal {
    public static func + (left: Decimal, right: Decimal) -> Decimal {
        let scale = max(left.scale, right.scale)
        let (a, b) = (left.rescaledUp(to: scale), right.rescaledUp(to: scale))
        if case .small(let x) = a.coefficient, case .small(let y) = b.coefficient {
            let (sum, overflow) = x.addingReportingOverflow(y)
            if !overflow { return Decimal(.small(sum), scale: scale) }
        }
        let (m, n) = (a.coefficientMagnitude, b.coefficientMagnitude)
        if a.isNegative == b.isNegative { return Decimal(m + n, isNegative: a.isNegative, scale: scale) }
        return m < n
            ? Decimal(n - m, isNegative: b.isNegative, scale: scale)
            : Decimal(m - n, isNegative: a.isNegative, scale: scale)
    }

    public static prefix func - (value: Decimal) -> Decimal {
        if case .small(let number) = value.coefficient, number != .min {
            return Decimal(.small(-number), scale: value.scale)
        }
        return Decimal(value.coefficientMagnitude, isNegative: !value.isNegative, scale: value.scale)
    }

    public static func - (left: Decimal, right: Decimal) -> Decimal { left + -right }

    public static func * (left: Decimal, right: Decimal) -> Decimal {
        let scale = left.scale + right.scale
        precondition(scale <= maximumScale, "a product with too many digits behind the point; round the factors")
        if case .small(let x) = left.coefficient, case .small(let y) = right.coefficient {
            let (product, overflow) = x.multipliedReportingOverflow(by: y)
            if !overflow { return Decimal(.small(product), scale: scale) }
        }
        return Decimal(
            left.coefficientMagnitude * right.coefficientMagnitude, isNegative: left.isNegative != right.isNegative,
            scale: scale)
    }

    public static func * (left: Decimal, right: Int) -> Decimal { left * Decimal(right) }

    public static func += (left: inout Decimal, right: Decimal) { left = left + right }
    public static func -= (left: inout Decimal, right: Decimal) { left = left - right }
    public static func *= (left: inout Decimal, right: Decimal) { left = left * right }

    /// The same value written with more digits behind the point.
    func rescaledUp(to target: Int) -> Decimal {
        if target == scale { return self }
        if case .small(var value) = coefficient {
            var places = scale
            while places < target {
                let (product, overflow) = value.multipliedReportingOverflow(by: 10)
                if overflow { break }
                value = product
                places += 1
            }
            if places == target { return Decimal(.small(value), scale: target) }
        }
        return Decimal(coefficientMagnitude.scaledUp(by: target - scale), isNegative: isNegative, scale: target)
    }
}

extension Decimal: Comparable, Hashable {
    public static func == (left: Decimal, right: Decimal) -> Bool { compare(left, right) == 0 }

    public static func < (left: Decimal, right: Decimal) -> Bool { compare(left, right) < 0 }

    public func hash(into hasher: inout Hasher) {
        let shortest = self.withoutTrailingZeros
        hasher.combine(shortest.isNegative)
        hasher.combine(shortest.scale)
        hasher.combine(shortest.coefficientMagnitude)
    }

    /// The same value with as few digits behind the point as it needs: 12.50 becomes 12.5.
    public var withoutTrailingZeros: Decimal {
        if isZero { return .zero }
        var digits = coefficientMagnitude.digits
        var places = scale
        while places > 0, digits.last == 0x30 {
            digits.removeLast()
            places -= 1
        }
        return Decimal(Magnitude(digits: digits[...]), isNegative: isNegative, scale: places)
    }

    private static func compare(_ left: Decimal, _ right: Decimal) -> Int {
        if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
        let scale = max(left.scale, right.scale)
        let (a, b) = (left.rescaledUp(to: scale), right.rescaledUp(to: scale))
        if case .small(let x) = a.coefficient, case .small(let y) = b.coefficient { return x < y ? -1 : x > y ? 1 : 0 }
        let (m, n) = (a.coefficientMagnitude, b.coefficientMagnitude)
        if m == n { return 0 }
        return (m < n) != left.isNegative ? -1 : 1
    }
}
