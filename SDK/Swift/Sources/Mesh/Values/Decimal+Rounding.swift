/// What becomes of the digits that don't fit.
public enum RoundingMode: Sendable, Hashable, CaseIterable {
    /// To the nearest; a half to the even neighbour, so that many roundings don't drift. What accounting uses.
    case halfEven
    /// To the nearest; a half away from zero.
    case halfUp
    /// To the nearest; a half towards zero.
    case halfDown
    /// Away from zero.
    case up
    /// Towards zero.
    case down
    /// Towards positive infinity.
    case ceiling
    /// Towards negative infinity.
    case floor
}

extension Decimal {
    /// The value with exactly `places` digits behind the point.
    public func rounded(to places: Int, _ mode: RoundingMode = .halfEven) -> Decimal {
        precondition((0...Decimal.maximumScale).contains(places), "a scale out of range")
        if places >= scale { return rescaledUp(to: places) }
        return Decimal.quotient(
            coefficientMagnitude, Magnitude(1).scaledUp(by: scale - places), isNegative: isNegative, scale: places, mode
        )
    }

    /// The quotient with exactly `places` digits behind the point. Precondition: `divisor` isn't zero.
    public func divided(by divisor: Decimal, scale places: Int, _ mode: RoundingMode = .halfEven) -> Decimal {
        precondition(!divisor.isZero, "division by zero")
        precondition((0...Decimal.maximumScale).contains(places), "a scale out of range")
        // (a / 10^s) / (b / 10^t) · 10^places = a · 10^(t + places) / (b · 10^s)
        return Decimal.quotient(
            coefficientMagnitude.scaledUp(by: divisor.scale + places), divisor.coefficientMagnitude.scaledUp(by: scale),
            isNegative: isNegative != divisor.isNegative, scale: places, mode)
    }

    private static func quotient(
        _ dividend: Magnitude, _ divisor: Magnitude, isNegative: Bool, scale: Int, _ mode: RoundingMode
    ) -> Decimal {
        let (quotient, remainder) = dividend.divided(by: divisor)
        var result = quotient
        if !remainder.isZero {
            let twice = remainder + remainder
            let goesAway =
                switch mode {
                case .halfEven: twice > divisor || (twice == divisor && quotient.isOdd)
                case .halfUp: twice >= divisor
                case .halfDown: twice > divisor
                case .up: true
                case .down: false
                case .ceiling: !isNegative
                case .floor: isNegative
                }
            if goesAway { result = quotient + Magnitude(1) }
        }
        return Decimal(result, isNegative: isNegative, scale: scale)
    }
}
