extension Timestamp {
    /// Reads RFC 3339 (`2026-11-21T02:39:00Z`, fractions to any length, offsets as `+01:00`); nil for anything else.
    package init?(iso8601 text: String) {
        var text = text
        guard let time = text.withUTF8({ Timestamp(iso8601: $0) }) else { return nil }
        self = time
    }

    private init?(iso8601 bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 20, bytes.count <= 64 else { return nil }
        func digits(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for index in range {
                guard index < bytes.count, (48...57).contains(bytes[index]) else { return nil }
                value = value * 10 + Int64(bytes[index] - 48)
            }
            return value
        }
        guard let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10), let hour = digits(11..<13),
            let minute = digits(14..<16), let second = digits(17..<19),
            bytes[4] == 45, bytes[7] == 45, bytes[10] == 84 || bytes[10] == 116, bytes[13] == 58, bytes[16] == 58,
            (1...12).contains(month), (1...Timestamp.days(inMonth: month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if bytes[at] == 46 {
            at += 1
            var scale: Int64 = 100_000
            let start = at
            while at < bytes.count, (48...57).contains(bytes[at]) {
                fraction += Int64(bytes[at] - 48) * scale
                scale /= 10
                at += 1
            }
            guard at > start else { return nil }
        }
        guard at < bytes.count else { return nil }
        var offset: Int64 = 0
        switch bytes[at] {
        case 90, 122: guard at + 1 == bytes.count else { return nil }
        case 43, 45:
            guard at + 6 == bytes.count, let hours = digits(at + 1..<at + 3), let minutes = digits(at + 4..<at + 6),
                bytes[at + 3] == 58, hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[at] == 43 ? 1 : -1)
        default: return nil
        }
        let seconds =
            (Timestamp.day(year: year, month: month, day: day) * 24 + hour) * 3600 + minute * 60 + second - offset
        self.init(microseconds: seconds * 1_000_000 + fraction)
        // An offset or a leap second may lead out of what can be written again.
        guard Timestamp.writable.contains(microseconds) else { return nil }
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible date algorithms"), for years from 0 on.
    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
