import MeshCore

/// Times as people read them in lists.
enum Age {
    /// How long ago an ISO time was: `3m`, `2h 5m`, `4d 3h`; nothing for nothing.
    static func text(since time: String, _ now: Timestamp) -> String {
        guard let time = Timestamp(iso8601: time) else { return "" }
        return text(microseconds: now.microseconds - time.microseconds)
    }

    /// A duration with at most two units.
    static func text(microseconds: Int64) -> String {
        let micros = max(0, microseconds)
        if micros < 1000 { return "\(micros) µs" }
        if micros < 10_000 { return "\(micros / 1000).\(micros % 1000 / 100) ms" }
        if micros < 1_000_000 { return "\(micros / 1000) ms" }
        if micros < 10_000_000 { return "\(micros / 1_000_000).\(micros % 1_000_000 / 100_000) s" }
        let seconds = micros / 1_000_000
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: pair(seconds / 60, "m", seconds % 60, "s")
        case ..<86_400: pair(seconds / 3600, "h", seconds % 3600 / 60, "m")
        default: pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }

    private static func pair(_ left: Int64, _ unit: String, _ right: Int64, _ smaller: String) -> String {
        right == 0 ? "\(left)\(unit)" : "\(left)\(unit) \(right)\(smaller)"
    }

    /// An ISO time, or a duration before now (`2h`, `7d`).
    static func time(_ text: String) -> Timestamp? {
        if let time = Timestamp(iso8601: text) { return time }
        if text.hasSuffix("d"), let days = Int64(text.dropLast()), (0...100_000).contains(days) {
            return Timestamp.now.advanced(by: .seconds(-days * 86_400))
        }
        return Duration.parse(text).map { Timestamp.now.advanced(by: .zero - $0) }
    }
}
