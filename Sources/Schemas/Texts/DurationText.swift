/// Durations as written in schemas: `400ms`, `3s`, `1h30m`; also ISO 8601 without years and months, `PT1H30M`.
enum DurationText {
    private static let units: [(name: String, duration: Duration)] = [
        ("d", .seconds(86_400)), ("h", .seconds(3600)), ("m", .seconds(60)), ("s", .seconds(1)),
        ("ms", .milliseconds(1)), ("us", .microseconds(1)),
    ]

    /// Nil where `text` is no duration. Each unit stands at most once, the larger before the smaller.
    static func parse(_ text: String) -> Duration? {
        if text.hasPrefix("P") { return ISO8601.duration(Array(text.utf8)) }
        var rest = text[...]
        var total = Duration.zero
        var next = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard (1...9).contains(digits.count), let count = Int64(digits),
                let index = units.indices.dropFirst(next).first(where: { units[$0].name == unit })
            else { return nil }
            total += units[index].duration * count
            next = index + 1
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return text.isEmpty ? nil : total
    }

    /// The shortest text that `parse` reads back, exact to the microsecond.
    static func render(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        var text = ""
        for unit in units {
            let size =
                unit.duration.components.seconds * 1_000_000 + unit.duration.components.attoseconds / 1_000_000_000_000
            let count = microseconds / size
            if count > 0 { text += "\(count)\(unit.name)" }
            microseconds -= count * size
        }
        return text.isEmpty ? "0s" : text
    }
}
