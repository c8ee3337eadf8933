/// An exact decimal number: what money is counted in.
///
/// Sums, differences and products are exact, whatever their size; only `divided` and `rounded` round, and say how. The
/// schema language's `Decimal` allows 38 digits, so an answer with more is refused by the mesh. A number keeps the
/// fraction digits it was written with (`12.50`); numbers of the same value are equal (`12.50 == 12.5`).
public struct Decimal: Sendable {
    /// The digits without the point: the value is `coefficient` / 10^`scale`.
    enum Coefficient: Sendable {
        case small(Int64)
        /// Only for what doesn't fit `small`.
        case large(Magnitude, isNegative: Bool)
    }

    let coefficient: Coefficient
    /// How many digits stand behind the point.
    public let scale: Int

    /// The most digits behind the point.
    public static let maximumScale = 1000

    init(_ coefficient: Coefficient, scale: Int) {
        self.coefficient = coefficient
        self.scale = scale
    }

    init(_ magnitude: Magnitude, isNegative: Bool, scale: Int) {
        if let value = magnitude.uint64, value <= UInt64(Int64.max) {
            self.init(.small(isNegative ? -Int64(value) : Int64(value)), scale: scale)
        } else {
            self.init(.large(magnitude, isNegative: isNegative), scale: scale)
        }
    }

    /// `unscaled` / 10^`scale`: `Decimal(unscaled: 1250, scale: 2)` is 12.50.
    public init(unscaled: Int64, scale: Int) {
        precondition((0...Decimal.maximumScale).contains(scale), "a scale out of range")
        self.init(.small(unscaled), scale: scale)
    }

    public init(_ value: Int) { self.init(.small(Int64(value)), scale: 0) }
    public init(_ value: Int64) { self.init(.small(value), scale: 0) }

    public static var zero: Decimal { Decimal(0) }

    public var isZero: Bool { if case .small(0) = coefficient { true } else { false } }

    public var isNegative: Bool {
        switch coefficient {
        case .small(let value): value < 0
        case .large(_, let isNegative): isNegative
        }
    }

    public var magnitude: Decimal { isNegative ? -self : self }

    var coefficientMagnitude: Magnitude {
        switch coefficient {
        case .small(let value): Magnitude(value.magnitude)
        case .large(let magnitude, _): magnitude
        }
    }
}

extension Decimal: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public init(integerLiteral value: Int64) { self.init(value) }

    /// Lets exact fractions be written: `let price: Decimal = "0.10"`. A literal that isn't a number is a programming error.
    public init(stringLiteral value: StaticString) {
        guard let parsed = Decimal(value.asString) else { preconditionFailure("not a decimal number") }
        self = parsed
    }
}
