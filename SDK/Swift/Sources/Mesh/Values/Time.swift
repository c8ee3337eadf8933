/// A time of day without zone, `13:05:00`, to the nanosecond.
public struct Time: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let hour: Int
    public let minute: Int
    public let second: Int
    public let nanosecond: Int

    /// Nil where there is no such time; leap seconds have none.
    public init?(hour: Int, minute: Int, second: Int = 0, nanosecond: Int = 0) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
            (0...999_999_999).contains(nanosecond)
        else { return nil }
        self.hour = hour
        self.minute = minute
        self.second = second
        self.nanosecond = nanosecond
    }

    /// Reads `13:05:00` with up to nine fraction digits; nil for anything else.
    public init?(_ text: String) {
        guard let time = TimeText.parse(text, { $0.time() }) else { return nil }
        self = time
    }

    init(secondOfDay: Int, nanosecond: Int) {
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
        self.nanosecond = nanosecond
    }

    var secondOfDay: Int { hour * 3600 + minute * 60 + second }

    public static func < (left: Time, right: Time) -> Bool {
        (left.secondOfDay, left.nanosecond) < (right.secondOfDay, right.nanosecond)
    }

    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func append(to text: inout [UInt8]) {
        TimeText.append(hour, width: 2, to: &text)
        text.append(0x3A)
        TimeText.append(minute, width: 2, to: &text)
        text.append(0x3A)
        TimeText.append(second, width: 2, to: &text)
        TimeText.appendFraction(nanosecond, to: &text)
    }
}

extension Time: JSONCodable {
    public init(json reader: inout JSONReader) throws(MeshError) {
        guard let time = try reader.readStringBytes({ TimeText.parse($0) { $0.time() } }) else {
            throw reader.error("a time such as 13:05:00")
        }
        self = time
    }

    public func write(to json: inout JSONWriter) { json.writeQuoted(ascii: description) }
}
