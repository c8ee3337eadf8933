/// A natural number of any size in limbs of nine decimal digits, least significant first, without leading zero limbs.
///
/// Base 10^9 rather than 2^32, because decimals scale by powers of ten and are printed far more often than divided.
struct Magnitude: Sendable, Hashable {
    static let base: UInt64 = 1_000_000_000
    private(set) var limbs: [UInt32]

    static let zero = Magnitude(limbs: [])

    private init(limbs: [UInt32]) {
        self.limbs = limbs
        while self.limbs.last == 0 { self.limbs.removeLast() }
    }

    init(_ value: UInt64) {
        limbs = []
        var rest = value
        while rest > 0 {
            limbs.append(UInt32(rest % Magnitude.base))
            rest /= Magnitude.base
        }
    }

    /// From ASCII digits.
    init(digits: ArraySlice<UInt8>) {
        var limbs: [UInt32] = []
        var end = digits.endIndex
        while end > digits.startIndex {
            let start = max(digits.startIndex, end - 9)
            var limb: UInt32 = 0
            for index in start..<end { limb = limb * 10 + UInt32(digits[index] - 0x30) }
            limbs.append(limb)
            end = start
        }
        self.init(limbs: limbs)
    }

    var isZero: Bool { limbs.isEmpty }
    var isOdd: Bool { (limbs.first ?? 0) & 1 == 1 }

    /// ASCII digits without leading zeros; `0` for zero.
    var digits: [UInt8] {
        guard let highest = limbs.last else { return [0x30] }
        var result = Array(String(highest).utf8)
        for limb in limbs.dropLast().reversed() {
            var divisor: UInt32 = 100_000_000
            while divisor > 0 {
                result.append(UInt8(limb / divisor % 10) + 0x30)
                divisor /= 10
            }
        }
        return result
    }

    /// The value, where it fits 64 bits.
    var uint64: UInt64? {
        guard limbs.count <= 3 else { return nil }
        var value: UInt64 = 0
        for limb in limbs.reversed() {
            let (product, overflow) = value.multipliedReportingOverflow(by: Magnitude.base)
            let (sum, carry) = product.addingReportingOverflow(UInt64(limb))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }
}

extension Magnitude: Comparable {
    static func < (left: Magnitude, right: Magnitude) -> Bool {
        if left.limbs.count != right.limbs.count { return left.limbs.count < right.limbs.count }
        for index in left.limbs.indices.reversed() where left.limbs[index] != right.limbs[index] {
            return left.limbs[index] < right.limbs[index]
        }
        return false
    }
}

// MARK: - Arithmetic
extension Magnitude {
    static func + (left: Magnitude, right: Magnitude) -> Magnitude {
        var limbs: [UInt32] = []
        var carry: UInt64 = 0
        for index in 0..<max(left.limbs.count, right.limbs.count) {
            let sum = carry + left.limb(index) + right.limb(index)
            limbs.append(UInt32(sum % base))
            carry = sum / base
        }
        if carry > 0 { limbs.append(UInt32(carry)) }
        return Magnitude(limbs: limbs)
    }

    /// Precondition: `left` ≥ `right`.
    static func - (left: Magnitude, right: Magnitude) -> Magnitude {
        var limbs: [UInt32] = []
        var borrow: UInt64 = 0
        for index in left.limbs.indices {
            let less = right.limb(index) + borrow
            let limb = left.limb(index)
            borrow = limb < less ? 1 : 0
            limbs.append(UInt32(limb + borrow * base - less))
        }
        return Magnitude(limbs: limbs)
    }

    static func * (left: Magnitude, right: Magnitude) -> Magnitude {
        var limbs = [UInt32](repeating: 0, count: left.limbs.count + right.limbs.count)
        for (index, limb) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (other, factor) in right.limbs.enumerated() {
                let value = UInt64(limb) * UInt64(factor) + UInt64(limbs[index + other]) + carry
                limbs[index + other] = UInt32(value % base)
                carry = value / base
            }
            limbs[index + right.limbs.count] = UInt32(carry)
        }
        return Magnitude(limbs: limbs)
    }

    /// This times 10^`exponent`.
    func scaledUp(by exponent: Int) -> Magnitude {
        if exponent == 0 || isZero { return self }
        let shifted = Magnitude(limbs: [UInt32](repeating: 0, count: exponent / 9) + limbs)
        return shifted.times(Magnitude.powerOfTen(exponent % 9))
    }

    /// Quotient and remainder. Precondition: `divisor` isn't zero.
    func divided(by divisor: Magnitude) -> (quotient: Magnitude, remainder: Magnitude) {
        precondition(!divisor.isZero, "division by zero")
        if self < divisor { return (.zero, self) }
        if divisor.limbs.count == 1 {
            let (quotient, remainder) = divided(by: divisor.limbs[0])
            return (quotient, Magnitude(UInt64(remainder)))
        }
        return longDivided(by: divisor)
    }

    private func limb(_ index: Int) -> UInt64 { index < limbs.count ? UInt64(limbs[index]) : 0 }

    static func powerOfTen(_ exponent: Int) -> UInt32 {
        var power: UInt32 = 1
        for _ in 0..<exponent { power *= 10 }
        return power
    }

    private func times(_ factor: UInt32) -> Magnitude {
        if factor == 1 { return self }
        var result: [UInt32] = []
        var carry: UInt64 = 0
        for limb in limbs {
            let value = UInt64(limb) * UInt64(factor) + carry
            result.append(UInt32(value % Magnitude.base))
            carry = value / Magnitude.base
        }
        if carry > 0 { result.append(UInt32(carry)) }
        return Magnitude(limbs: result)
    }

    private func divided(by divisor: UInt32) -> (Magnitude, UInt32) {
        var quotient = limbs
        var remainder: UInt64 = 0
        for index in limbs.indices.reversed() {
            let value = remainder * Magnitude.base + UInt64(limbs[index])
            quotient[index] = UInt32(value / UInt64(divisor))
            remainder = value % UInt64(divisor)
        }
        return (Magnitude(limbs: quotient), UInt32(remainder))
    }

    /// Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D, in base 10^9.
    private func longDivided(by divisor: Magnitude) -> (quotient: Magnitude, remainder: Magnitude) {
        let base = Magnitude.base
        // D1: makes the divisor's highest limb at least base / 2, so that a guessed digit is at most two too large.
        let factor = UInt32(base / (UInt64(divisor.limbs[divisor.limbs.count - 1]) + 1))
        let normal = divisor.times(factor).limbs
        var rest = times(factor).limbs
        while rest.count <= limbs.count { rest.append(0) }
        let count = normal.count
        var quotient = [UInt32](repeating: 0, count: rest.count - count)
        for place in quotient.indices.reversed() {
            // D3: guess the digit from the three highest limbs.
            let head = UInt64(rest[place + count]) * base + UInt64(rest[place + count - 1])
            var guess = head / UInt64(normal[count - 1])
            var remainder = head % UInt64(normal[count - 1])
            while guess >= base
                || guess * UInt64(normal[count - 2]) > remainder * base + UInt64(rest[place + count - 2])
            {
                guess -= 1
                remainder += UInt64(normal[count - 1])
                if remainder >= base { break }
            }
            // D4: subtract the product; D6: give one back where that was too much.
            if Magnitude.subtract(normal, times: guess, from: &rest, at: place) {
                guess -= 1
                Magnitude.add(normal, to: &rest, at: place)
            }
            quotient[place] = UInt32(guess)
        }
        let (remainder, _) = Magnitude(limbs: rest).divided(by: factor)
        return (Magnitude(limbs: quotient), remainder)
    }

    /// Returns true if the result would be negative; it is then the complement.
    private static func subtract(_ limbs: [UInt32], times factor: UInt64, from rest: inout [UInt32], at place: Int)
        -> Bool
    {
        var carry: UInt64 = 0
        for index in 0...limbs.count {
            let product = (index < limbs.count ? UInt64(limbs[index]) * factor : 0) + carry
            let less = product % base
            carry = product / base
            let limb = UInt64(rest[place + index])
            if limb < less {
                rest[place + index] = UInt32(limb + base - less)
                carry += 1
            } else {
                rest[place + index] = UInt32(limb - less)
            }
        }
        return carry > 0
    }

    private static func add(_ limbs: [UInt32], to rest: inout [UInt32], at place: Int) {
        var carry: UInt64 = 0
        for index in 0...limbs.count {
            let sum = UInt64(rest[place + index]) + (index < limbs.count ? UInt64(limbs[index]) : 0) + carry
            rest[place + index] = UInt32(sum % base)
            carry = sum / base
        }
    }
}
