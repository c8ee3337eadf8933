/// A point in time to the nanosecond, with the offset it was written with (RFC 3339): `2026-11-21T13:05:00+01:00`.
///
/// Two of the same instant are equal, whatever their offsets.
public struct DateTime: Sendable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    public let epochSeconds: Int64
    /// Nanoseconds within the second.
    public let nanosecond: Int
    /// Minutes east of UTC.
    public let offsetMinutes: Int

    /// The instants that RFC 3339 can write: years 1 to 9999.
    static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    init(epochSeconds: Int64, nanosecond: Int, offsetMinutes: Int) {
        precondition(DateTime.range.contains(epochSeconds), "a time out of range")
        precondition((-959...959).contains(offsetMinutes), "an offset of 16 hours or more")
        self.epochSeconds = epochSeconds
        self.nanosecond = nanosecond
        self.offsetMinutes = offsetMinutes
    }

    /// The instant that many microseconds after 1970-01-01T00:00:00Z, in UTC.
    public init(epochMicroseconds: Int64) {
        let seconds = DateTime.floorDivide(epochMicroseconds, 1_000_000)
        self.init(
            epochSeconds: seconds, nanosecond: Int(epochMicroseconds - seconds * 1_000_000) * 1000, offsetMinutes: 0)
    }

    /// The instant at which a clock `offsetMinutes` east of UTC shows this date and time; nil outside the years 1 to 9999.
    public init?(_ date: Date, _ time: Time, offsetMinutes: Int = 0) {
        let local = Int64(date.dayNumber) * 86400 + Int64(time.secondOfDay)
        let seconds = local - Int64(offsetMinutes) * 60
        guard DateTime.range.contains(seconds) else { return nil }
        self.init(epochSeconds: seconds, nanosecond: time.nanosecond, offsetMinutes: offsetMinutes)
    }

    /// Reads RFC 3339; nil for anything else.
    public init?(_ text: String) {
        guard let value = TimeText.parse(text, DateTime.parse) else { return nil }
        self = value
    }

    /// Microseconds since 1970-01-01T00:00:00Z, rounded down.
    public var epochMicroseconds: Int64 { epochSeconds * 1_000_000 + Int64(nanosecond / 1000) }

    /// The date that a clock with this offset shows.
    public var date: Date { Date(dayNumber: Int(DateTime.floorDivide(localSeconds, 86400))) }

    /// The time that a clock with this offset shows.
    public var time: Time {
        Time(
            secondOfDay: Int(localSeconds - DateTime.floorDivide(localSeconds, 86400) * 86400), nanosecond: nanosecond)
    }

    /// The same instant, seen from another offset.
    public func at(offsetMinutes: Int) -> DateTime {
        DateTime(epochSeconds: epochSeconds, nanosecond: nanosecond, offsetMinutes: offsetMinutes)
    }

    public var description: String {
        // An offset can push the local year out of four digits; UTC never does.
        guard DateTime.range.contains(localSeconds) else { return at(offsetMinutes: 0).description }
        var text: [UInt8] = []
        date.append(to: &text)
        text.append(0x54)
        time.append(to: &text)
        if offsetMinutes == 0 {
            text.append(0x5A)
        } else {
            text.append(offsetMinutes < 0 ? 0x2D : 0x2B)
            TimeText.append(abs(offsetMinutes) / 60, width: 2, to: &text)
            text.append(0x3A)
            TimeText.append(abs(offsetMinutes) % 60, width: 2, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private var localSeconds: Int64 { epochSeconds + Int64(offsetMinutes) * 60 }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }

    static func parse(_ text: inout TimeText) -> DateTime? {
        guard let date = text.date(), text.take(0x54) || text.take(0x74), let time = text.time(),
            let offset = parseOffset(&text)
        else { return nil }
        return DateTime(date, time, offsetMinutes: offset)
    }

    private static func parseOffset(_ text: inout TimeText) -> Int? {
        if text.take(0x5A) || text.take(0x7A) { return 0 }
        let isWest = text.take(0x2D)
        guard isWest || text.take(0x2B), let hours = text.number(2), text.take(0x3A), let minutes = text.number(2),
            hours < 16, minutes < 60
        else { return nil }
        return isWest ? -(hours * 60 + minutes) : hours * 60 + minutes
    }
}

extension DateTime: Comparable, Hashable {
    public static func == (left: DateTime, right: DateTime) -> Bool {
        left.epochSeconds == right.epochSeconds && left.nanosecond == right.nanosecond
    }

    public static func < (left: DateTime, right: DateTime) -> Bool {
        (left.epochSeconds, left.nanosecond) < (right.epochSeconds, right.nanosecond)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(epochSeconds)
        hasher.combine(nanosecond)
    }

    public static func + (left: DateTime, right: Duration) -> DateTime {
        let sum = Duration(seconds: left.epochSeconds, nanoseconds: Int64(left.nanosecond)) + right
        return DateTime(epochSeconds: sum.seconds, nanosecond: sum.nanoseconds, offsetMinutes: left.offsetMinutes)
    }

    public static func - (left: DateTime, right: Duration) -> DateTime { left + -right }

    /// The span from `right` to `left`.
    public static func - (left: DateTime, right: DateTime) -> Duration {
        Duration(
            seconds: left.epochSeconds - right.epochSeconds, nanoseconds: Int64(left.nanosecond - right.nanosecond))
    }
}

extension DateTime: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let value = try reader.readStringBytes({ TimeText.parse($0, DateTime.parse) }) else {
            throw reader.error("a time such as 2026-11-21T13:05:00Z")
        }
        self = value
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: description) }
}
