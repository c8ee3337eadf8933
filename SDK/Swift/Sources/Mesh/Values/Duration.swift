/// A span of time to the nanosecond; travels as ISO 8601, `PT1H30M`.
public struct Duration: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Whole seconds, rounded down.
    public let seconds: Int64
    /// Nanoseconds above the seconds, 0 to 999,999,999.
    public let nanoseconds: Int

    public init(seconds: Int64, nanoseconds: Int64 = 0) {
        let carry = nanoseconds / 1_000_000_000 - (nanoseconds % 1_000_000_000 < 0 ? 1 : 0)
        self.seconds = seconds + carry
        self.nanoseconds = Int(nanoseconds - carry * 1_000_000_000)
    }

    public static let zero = Duration(seconds: 0)

    public static func seconds(_ count: Int) -> Duration { Duration(seconds: Int64(count)) }
    public static func minutes(_ count: Int) -> Duration { Duration(seconds: Int64(count) * 60) }
    public static func hours(_ count: Int) -> Duration { Duration(seconds: Int64(count) * 3600) }
    public static func days(_ count: Int) -> Duration { Duration(seconds: Int64(count) * 86400) }
    public static func milliseconds(_ count: Int) -> Duration {
        Duration(seconds: Int64(count / 1000), nanoseconds: Int64(count % 1000) * 1_000_000)
    }

    /// Reads ISO 8601 with weeks, days, hours, minutes and seconds (`P1DT2H`, `PT0.5S`, `-PT1M`); nil for anything else, months
    /// and years among it, since they have no fixed length.
    public init?(_ text: String) {
        guard let value = TimeText.parse(text, Duration.parse) else { return nil }
        self = value
    }

    /// Whole microseconds, rounded down; of a span that is too long for them the most or the least that there are.
    var microseconds: Int64 {
        let limit = Int64.max / 1_000_000
        if seconds >= limit { return .max }
        if seconds < -limit { return .min }
        return seconds * 1_000_000 + Int64(nanoseconds / 1000)
    }

    public static func + (left: Duration, right: Duration) -> Duration {
        Duration(seconds: left.seconds + right.seconds, nanoseconds: Int64(left.nanoseconds + right.nanoseconds))
    }

    public static prefix func - (value: Duration) -> Duration {
        Duration(seconds: -value.seconds, nanoseconds: -Int64(value.nanoseconds))
    }

    public static func - (left: Duration, right: Duration) -> Duration { left + -right }

    public static func * (left: Duration, right: Int) -> Duration {
        Duration(seconds: left.seconds * Int64(right), nanoseconds: Int64(left.nanoseconds) * Int64(right))
    }

    public static func < (left: Duration, right: Duration) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

// MARK: - ISO 8601
extension Duration: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let value = try reader.readStringBytes({ TimeText.parse($0, Duration.parse) }) else {
            throw reader.error("a duration such as PT1H30M")
        }
        self = value
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: description) }

    public var description: String {
        if seconds < 0 { return "-" + (-self).description }
        var text = Array("PT".utf8)
        func append(_ value: Int64, _ unit: UInt8) {
            if value == 0 { return }
            text.append(contentsOf: String(value).utf8)
            text.append(unit)
        }
        append(seconds / 3600, 0x48)
        append(seconds / 60 % 60, 0x4D)
        if nanoseconds > 0 {
            text.append(contentsOf: String(seconds % 60).utf8)
            TimeText.appendFraction(nanoseconds, to: &text)
            text.append(0x53)
        } else {
            append(seconds % 60, 0x53)
        }
        if text.count == 2 { text.append(contentsOf: "0S".utf8) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The most seconds that are read: 10,000,000 days.
    private static let limit: Int64 = 864_000_000_000

    static func parse(_ text: inout TimeText) -> Duration? {
        let isNegative = text.take(0x2D)
        guard text.take(0x50) else { return nil }
        var units: [(unit: UInt8, seconds: Int64)] = [(0x57, 604_800), (0x44, 86400)]
        var isInTime = false
        var count = 0
        var total: Int64 = 0
        var nanoseconds = 0
        while !text.isAtEnd {
            if !isInTime, text.take(0x54) {
                isInTime = true
                units = [(0x48, 3600), (0x4D, 60), (0x53, 1)]
                count = 0
            }
            guard let value = wholeNumber(&text), let fraction = text.fraction(), let unit = text.peek(),
                let place = units.firstIndex(where: { $0.unit == unit }), fraction == 0 || unit == 0x53
            else { return nil }
            text.position += 1
            total += value * units[place].seconds
            nanoseconds = fraction
            units.removeFirst(place + 1)
            count += 1
            if total > limit { return nil }
        }
        if count == 0 { return nil }
        let value = Duration(seconds: total, nanoseconds: Int64(nanoseconds))
        return isNegative ? -value : value
    }

    private static func wholeNumber(_ text: inout TimeText) -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let digit = text.peek()?.decimalDigit {
            value = value * 10 + Int64(digit)
            count += 1
            text.position += 1
            if value > limit { return nil }
        }
        return count == 0 ? nil : value
    }
}
