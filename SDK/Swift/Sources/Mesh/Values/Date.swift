/// A day of the Gregorian calendar, `2026-11-21`; years 1 to 9999.
public struct Date: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let year: Int
    public let month: Int
    public let day: Int

    /// Nil where there is no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1, day <= Date.days(in: month, of: year)
        else {
            return nil
        }
        self.init(unchecked: year, month, day)
    }

    /// Reads `2026-11-21`; nil for anything else.
    public init?(_ text: String) {
        guard let date = TimeText.parse(text, { $0.date() }) else { return nil }
        self = date
    }

    private init(unchecked year: Int, _ month: Int, _ day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The date that many days after 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    init(dayNumber: Int) {
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            unchecked: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    /// Days since 1970-01-01.
    var dayNumber: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// This many days later, or earlier if negative. Precondition: the year stays within 1 to 9999.
    public func adding(days: Int) -> Date {
        let date = Date(dayNumber: dayNumber + days)
        precondition((1...9999).contains(date.year), "a date out of range")
        return date
    }

    /// How many days lie from `start` to this date.
    public func days(since start: Date) -> Int { dayNumber - start.dayNumber }

    public static func < (left: Date, right: Date) -> Bool { left.dayNumber < right.dayNumber }

    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func append(to text: inout [UInt8]) {
        TimeText.append(year, width: 4, to: &text)
        text.append(0x2D)
        TimeText.append(month, width: 2, to: &text)
        text.append(0x2D)
        TimeText.append(day, width: 2, to: &text)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Date: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let date = try reader.readStringBytes({ TimeText.parse($0) { $0.date() } }) else {
            throw reader.error("a date such as 2026-11-21")
        }
        self = date
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: description) }
}
