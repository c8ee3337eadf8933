/// Reads the fixed fields of dates and times from ASCII.
struct TimeText {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    /// Exactly `count` digits.
    mutating func number(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for _ in 0..<count {
            guard let digit = bytes[position].decimalDigit else { return nil }
            value = value * 10 + Int(digit)
            position += 1
        }
        return value
    }

    /// `.` and one to nine digits, as nanoseconds; 0 without a point.
    mutating func fraction() -> Int? {
        guard take(0x2E) else { return 0 }
        var value = 0
        var count = 0
        while let digit = peek()?.decimalDigit, count < 9 {
            value = value * 10 + Int(digit)
            count += 1
            position += 1
        }
        if count == 0 || peek()?.decimalDigit != nil { return nil }
        for _ in count..<9 { value *= 10 }
        return value
    }

    /// `2026-11-21`
    mutating func date() -> Date? {
        guard let year = number(4), take(0x2D), let month = number(2), take(0x2D), let day = number(2) else {
            return nil
        }
        return Date(year: year, month: month, day: day)
    }

    /// `13:05:00.25`
    mutating func time() -> Time? {
        guard let hour = number(2), take(0x3A), let minute = number(2), take(0x3A), let second = number(2),
            let nanosecond = fraction()
        else { return nil }
        return Time(hour: hour, minute: minute, second: second, nanosecond: nanosecond)
    }

    /// Runs `body` over the text and makes sure that nothing is left.
    static func parse<Value>(_ text: String, _ body: (inout TimeText) -> Value?) -> Value? {
        var text = text
        return text.withUTF8 { parse($0, body) }
    }

    static func parse<Value>(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (inout TimeText) -> Value?) -> Value? {
        var parser = TimeText(bytes)
        guard let value = body(&parser), parser.isAtEnd else { return nil }
        return value
    }

    static func append(_ value: Int, width: Int, to text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(value / divisor % 10) + 0x30)
            divisor /= 10
        }
    }

    /// `.25`, with as few digits as needed; nothing for 0.
    static func appendFraction(_ nanosecond: Int, to text: inout [UInt8]) {
        if nanosecond == 0 { return }
        text.append(0x2E)
        append(nanosecond, width: 9, to: &text)
        while text.last == 0x30 { text.removeLast() }
    }
}
