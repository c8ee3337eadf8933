/// A point in time in microseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Sendable, Hashable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// A time as strangers state it, held to the years 1970 to 9999: anybody can write any number into a record.
    package init(clampingMilliseconds milliseconds: Int64) {
        microseconds = min(max(milliseconds, 0), Timestamp.lastMillisecond) * 1000
    }

    /// 9999-12-31T23:59:59.999Z.
    private static let lastMillisecond: Int64 = 253_402_300_799_999

    /// The years 0000 to 9999, which RFC 3339 can say.
    static let writable: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    /// Microseconds of a century: nothing is put off for longer.
    package static let longestDelay: Int64 = 3_155_760_000_000_000

    /// The mesh's time: the database's, in a process that has asked it; else the machine's wall clock.
    package static var now: Timestamp { Timestamp(microseconds: MeshClock.microseconds) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    package func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
}

extension Timestamp {
    /// RFC 3339 in UTC with microseconds, as in `ce_time`: `2026-11-21T02:39:00.000000Z`.
    package var iso8601: String {
        let day = day
        let inDay = microseconds - day * 86_400_000_000
        let (year, month, dayOfMonth) = Timestamp.civil(fromDay: day)
        let seconds = inDay / 1_000_000
        guard (0...9999).contains(year) else {
            return "\(year)" + Timestamp.text(0, month, dayOfMonth, seconds, inDay % 1_000_000).dropFirst(4)
        }
        return Timestamp.text(year, month, dayOfMonth, seconds, inDay % 1_000_000)
    }

    /// The digits, written in place: every message on its way out has its time as text.
    private static func text(_ year: Int64, _ month: Int64, _ day: Int64, _ seconds: Int64, _ fraction: Int64) -> String
    {
        String(unsafeUninitializedCapacity: 27) { buffer in
            var at = 0
            func put(_ number: Int64, _ width: Int, _ end: Unicode.Scalar) {
                var rest = number
                for place in stride(from: at + width - 1, through: at, by: -1) {
                    buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                buffer[at + width] = UInt8(ascii: end)
                at += width + 1
            }
            put(year, 4, "-")
            put(month, 2, "-")
            put(day, 2, "T")
            put(seconds / 3600, 2, ":")
            put(seconds / 60 % 60, 2, ":")
            put(seconds % 60, 2, ".")
            put(fraction, 6, "Z")
            return at
        }
    }

    /// Whole days since the epoch, rounded down.
    package var day: Int64 { Int64.floorDivide(microseconds, 86_400_000_000) }

    /// Days since the epoch to a date of the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible date algorithms").
    package static func civil(fromDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = Int64.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthPrime = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthPrime + 2) / 5 + 1
        let month = monthPrime < 10 ? monthPrime + 3 : monthPrime - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfMonth)
    }
}

extension Int64 {
    fileprivate static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }
}
