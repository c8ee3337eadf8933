import Mesh
import Testing

@Suite struct DecimalArithmetic {
    /// A number whose sums and products fit `Int128`.
    private func small(_ random: inout SeededGenerator) -> (value: Decimal, unscaled: Int128, scale: Int) {
        let unscaled = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
        let scale = Int.random(in: 0...9, using: &random)
        return (Decimal(unscaled: unscaled, scale: scale), Int128(unscaled), scale)
    }

    /// A number of up to 70 digits.
    private func large(_ random: inout SeededGenerator) -> Decimal {
        let digits = (0..<Int.random(in: 1...70, using: &random)).map { _ in "\(Int.random(in: 0...9, using: &random))"
        }
        let fraction = Int.random(in: 0...min(20, digits.count - 1), using: &random)
        let sign = Bool.random(using: &random) ? "-" : ""
        let text = digits.dropLast(fraction).joined() + (fraction > 0 ? "." + digits.suffix(fraction).joined() : "")
        return Decimal(sign + text) ?? 0
    }

    private func power(_ exponent: Int) -> Int128 { (0..<exponent).reduce(1) { power, _ in power * 10 } }

    private func text(_ unscaled: Int128, _ scale: Int) -> String {
        var digits = String(unscaled.magnitude)
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        if scale > 0 { digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -scale)) }
        return (unscaled < 0 ? "-" : "") + digits
    }

    @Test func `sums, differences and products are those of 128-bit integers`() {
        forRandomCases(2000) { random in
            let (a, b) = (small(&random), small(&random))
            let scale = max(a.scale, b.scale)
            let (x, y) = (a.unscaled * power(scale - a.scale), b.unscaled * power(scale - b.scale))
            return (a.value + b.value).description == text(x + y, scale)
                && (a.value - b.value).description == text(x - y, scale)
                && (a.value * b.value).description == text(a.unscaled * b.unscaled, a.scale + b.scale)
                && (a.value < b.value) == (x < y) && (a.value == b.value) == (x == y)
        }
    }

    @Test func `large numbers obey the laws of arithmetic`() {
        forRandomCases(500) { random in
            let (a, b, c) = (large(&random), large(&random), large(&random))
            return a + b == b + a && a * b == b * a && (a + b) + c == a + (b + c) && (a + b) * c == a * c + b * c
                && a - a == 0 && (a + b) - b == a && a * 1 == a && -(-a) == a && a + -b == a - b
        }
    }

    @Test func `division undoes multiplication, and its error is less than one unit`() {
        forRandomCases(500) { random in
            let (a, b) = (large(&random), large(&random))
            if b.isZero { return true }
            let exact = (a * b).divided(by: b, scale: a.scale)
            let places = Int.random(in: 0...30, using: &random)
            let unit = Decimal(unscaled: 10, scale: places + 1)
            let down = a.divided(by: b, scale: places, .down)
            let rest = (a - down * b).magnitude
            return exact == a && exact.scale == a.scale && down.scale == places && rest < (b * unit).magnitude
        }
    }

    @Test(arguments: [
        ("2.5", "2", "3", "2", "3", "2", "3", "2"), ("-2.5", "-2", "-3", "-2", "-3", "-2", "-2", "-3"),
        ("3.5", "4", "4", "3", "4", "3", "4", "3"), ("2.51", "3", "3", "3", "3", "2", "3", "2"),
        ("-0.4", "0", "0", "0", "-1", "0", "0", "-1"), ("7", "7", "7", "7", "7", "7", "7", "7"),
    ]) func `rounding follows its mode`(
        _ row: (String, String, String, String, String, String, String, String)
    ) throws {
        let value = try #require(Decimal(row.0))
        let modes: [(RoundingMode, String)] = [
            (.halfEven, row.1), (.halfUp, row.2), (.halfDown, row.3), (.up, row.4), (.down, row.5), (.ceiling, row.6),
            (.floor, row.7),
        ]
        for (mode, expected) in modes {
            #expect(value.rounded(to: 0, mode).description == expected, "\(row.0) \(mode)")
        }
    }

    @Test func `text survives, with its trailing zeros`() {
        forRandomCases(500) { random in
            let value = large(&random)
            return Decimal(value.description)?.description == value.description
        }
        #expect(Decimal("12.50").description == "12.50")
        #expect(Decimal("-0.007").description == "-0.007")
        #expect(Decimal("0012").description == "12")
    }

    @Test func `numbers of one value are equal and hash the same`() {
        #expect(Decimal("12.50") == Decimal("12.5"))
        #expect(Set<Decimal>(["1", "1.0", "1.00", "2"]).count == 2)
        #expect(Decimal("-0.00") == 0)
    }

    @Test(arguments: ["0", "0.0", "0.00", "-0.00", "0.000000000000000000000"])
    func `all zeros are one value`(text: String) throws {
        let zero = try #require(Decimal(text))
        #expect(zero.hashValue == Decimal.zero.hashValue && zero.withoutTrailingZeros.description == "0")
        #expect((zero - zero).hashValue == Decimal.zero.hashValue)
    }

    @Test(arguments: ["", "-", ".", "1.", ".5", "1.2.3", "+1", "1e3", " 1", "1 ", "١", "0x1", "--1"])
    func `what isn't a decimal number is refused`(text: String) { #expect(Decimal(text) == nil) }

    @Test func `the smallest 64-bit number can be negated`() {
        let least = Decimal(Int64.min)
        #expect((-least).description == "9223372036854775808")
        #expect(-(-least) == least)
        #expect(least * -1 == -least)
    }
}
