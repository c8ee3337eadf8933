import CMeshRuntime
import Foundation
import Testing

@Suite struct ReadingFloatingPoint {
    private func parse(_ text: String) -> (value: Double, rest: String)? {
        text.withCString { start in
            var value = 0.0
            guard let end = mesh_parse_double(start, &value) else { return nil }
            return (value, String(cString: end))
        }
    }

    private func isSame(_ text: String) -> Bool {
        guard let mine = parse(text) else { return false }
        return mine.value.bitPattern == strtod(text, nil).bitPattern && mine.rest.isEmpty
    }

    @Test func `any double's text, short or long, reads as the C library reads it`() {
        forRandomCases(3000) { random in
            let value = Double(bitPattern: random.next())
            if !value.isFinite { return true }
            return isSame("\(value)") && isSame(String(format: "%.17e", value))
                && isSame(String(format: "%.30e", value))
        }
    }

    @Test func `random digits read as the C library reads them`() {
        forRandomCases(3000) { random in
            let digits = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                "\(Int.random(in: 0...9, using: &random))"
            }
            let point = Int.random(in: 0...digits.count, using: &random)
            let exponent = Int.random(in: -345...320, using: &random)
            return isSame(digits.prefix(point).joined() + "." + digits.dropFirst(point).joined() + "e\(exponent)")
        }
    }

    #if arch(x86_64)
        /// Halfway between two doubles, and a hair beside it: where wrong rounding shows.
        @Test func `ties go to the even neighbour`() {
            forRandomCases(500) { random in
                let value = Double(bitPattern: random.next() & 0x7FFF_FFFF_FFFF_FFFF)
                guard value.isFinite, value.nextUp.isFinite, value.magnitude < 1e300 else { return true }
                // The midpoint has at most 1,075 digits after the point; %.1100f writes them all.
                let middle = String(format: "%.1100Lf", (Float80(value) + Float80(value.nextUp)) / 2 as CVarArg)
                return isSame(middle) && isSame(middle + "1")
            }
        }
    #endif

    @Test(arguments: [
        "0", "-0", "0.0e5", "1e22", "1e23", "9007199254740993", "2.2250738585072011e-308", "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623159e308", "1e400", "1e-400", "00012", "1.",
        ".5",
        "+3", "1e999999999999999999999",
    ]) func `edges are right`(text: String) { #expect(isSame(text), "\(text)") }

    @Test(arguments: ["", "-", ".", "e5", "x", " 1"]) func `what is no number is none`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func `reading ends where the number ends`() {
        #expect(parse("12abc")?.rest == "abc")
        #expect(parse("1e")?.rest == "e")
        #expect(parse("1e+")?.rest == "e+")
        #expect(parse("1.2.3")?.rest == ".3")
        #expect(parse("-inf")?.value == -.infinity)
        #expect(parse("NaN")?.value.isNaN == true)
    }

    @Test func `very many digits are read`() {
        #expect(isSame("0." + String(repeating: "0", count: 2000) + "1e2001"))
        #expect(isSame(String(repeating: "9", count: 3000) + "e-2900"))
        #expect(isSame("1" + String(repeating: "0", count: 1000) + "1e-1001"))
    }
}
