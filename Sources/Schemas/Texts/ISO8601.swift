/// The lexical forms of dates and times on the wire; stricter than ISO 8601, so that every reader agrees.
enum ISO8601 {
    typealias Bytes = UnsafeRawBufferPointer

    /// `2026-11-21`, years 0001 to 9999, days that exist.
    static func isDate(_ text: some RandomAccessCollection<UInt8>) -> Bool {
        var reader = Reader(text)
        return reader.date() != nil && reader.isAtEnd
    }

    /// `13:05:00` or `13:05:00.123456789`.
    static func isTime(_ text: some RandomAccessCollection<UInt8>) -> Bool {
        var reader = Reader(text)
        return reader.time() != nil && reader.isAtEnd
    }

    /// `2026-11-21T13:05:00Z`, `2026-11-21T13:05:00.5+02:00`; an instant that has a year from 1 to 9999 in UTC as well.
    static func isDateTime(_ text: some RandomAccessCollection<UInt8>) -> Bool {
        var reader = Reader(text)
        guard let date = reader.date(), reader.take("T"), let minute = reader.time(), let offset = reader.offset(),
            reader.isAtEnd
        else { return false }
        // Only on the first day and on the last one does the offset lead out of the years.
        let utc = minute - offset
        return !(date == 1_01_01 && utc < 0) && !(date == 9999_12_31 && utc >= 1440)
    }

    /// `PT1H30M`, `P1DT12H`, `P2W`, `-PT0.5S`; no years and months, which have no fixed length. Nil for anything else, and beyond 10,000,000 days.
    static func duration(_ text: some RandomAccessCollection<UInt8>) -> Duration? {
        var reader = Reader(text)
        let isNegative = reader.take("-")
        guard reader.take("P"), !reader.isAtEnd, let days = reader.days() else { return nil }
        var total = Duration.seconds(days * 86_400)
        if reader.take("T") {
            guard !reader.isAtEnd, let clock = reader.clock() else { return nil }
            total += clock
        }
        guard reader.isAtEnd, total <= .seconds(86_400 * 10_000_000) else { return nil }
        return isNegative ? .zero - total : total
    }

    private struct Reader<Text: RandomAccessCollection<UInt8>> {
        var rest: Text.SubSequence

        init(_ text: Text) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// Exactly `count` digits.
        mutating func digits(_ count: Int) -> Int? {
            guard rest.count >= count else { return nil }
            var value = 0
            for byte in rest.prefix(count) {
                guard byte.isDigit else { return nil }
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
            }
            rest = rest.dropFirst(count)
            return value
        }

        /// The date as a number: 20261121.
        mutating func date() -> Int? {
            guard let year = digits(4), year >= 1, take("-"), let month = digits(2), (1...12).contains(month),
                take("-"),
                let day = digits(2), day >= 1
            else { return nil }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let length = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
            return day <= length ? year * 10_000 + month * 100 + day : nil
        }

        /// The minute of the day.
        mutating func time() -> Int? {
            guard let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60, take(":"),
                let second = digits(2), second < 60
            else { return nil }
            if take("."), !(1...9).contains(skipDigits()) { return nil }
            return hour * 60 + minute
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int? {
            if take("Z") { return 0 }
            let isWest = take("-")
            guard isWest || take("+"), let hour = digits(2), hour < 16, take(":"), let minute = digits(2), minute < 60
            else { return nil }
            return isWest ? -(hour * 60 + minute) : hour * 60 + minute
        }

        mutating func skipDigits() -> Int {
            let count = rest.prefix { $0.isDigit }.count
            rest = rest.dropFirst(count)
            return count
        }

        /// A number of up to nine digits; nil where there is none.
        mutating func number() -> Int64? {
            let count = rest.prefix { $0.isDigit }.count
            guard (1...9).contains(count) else { return nil }
            return digits(count).map(Int64.init)
        }

        /// The part before `T`: weeks alone, or days, or nothing.
        mutating func days() -> Int64? {
            guard let first = rest.first, first.isDigit else { return 0 }
            guard let count = number() else { return nil }
            if take("W") { return isAtEnd ? count * 7 : nil }
            return take("D") ? count : nil
        }

        /// The part behind `T`: hours, minutes, seconds, in this order, at least one.
        mutating func clock() -> Duration? {
            var total = Duration.zero
            var next = 0
            while !isAtEnd {
                guard let count = number() else { return nil }
                if next < 1, take("H") {
                    total += .seconds(count * 3600)
                    next = 1
                } else if next < 2, take("M") {
                    total += .seconds(count * 60)
                    next = 2
                } else {
                    guard let fraction = fraction(), take("S") else { return nil }
                    return isAtEnd ? total + .seconds(count) + fraction : nil
                }
            }
            return total
        }

        private mutating func fraction() -> Duration? {
            guard take(".") else { return .zero }
            let count = rest.prefix { $0.isDigit }.count
            guard (1...9).contains(count), var value = digits(count) else { return nil }
            for _ in count..<9 { value *= 10 }
            return .nanoseconds(value)
        }
    }
}
