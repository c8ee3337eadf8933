package import MeshCore

/// A type that an option, an environment variable or a value of `wasmesh.json` can have.
package protocol OptionValue: Sendable {
    /// What is expected, for the error: "a whole number".
    static var expectation: String { get }
    /// The value that `text` writes, or nil.
    static func parse(_ text: String) -> Self?
    /// True for the JSON type that writes such a value in `wasmesh.json`.
    static func isWritten(as value: JSONNode.Value) -> Bool
}

extension OptionValue {
    /// Text, unless a type says otherwise.
    package static func isWritten(as value: JSONNode.Value) -> Bool { if case .string = value { true } else { false } }
}

extension String: OptionValue {
    package static var expectation: String { "a text" }
    package static func parse(_ text: String) -> String? { text }
}

extension Int: OptionValue {
    package static var expectation: String { "a whole number" }
    package static func parse(_ text: String) -> Int? { Int(text) }
    package static func isWritten(as value: JSONNode.Value) -> Bool { if case .number = value { true } else { false } }
}

extension Double: OptionValue {
    package static var expectation: String { "a number" }
    package static func parse(_ text: String) -> Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
    package static func isWritten(as value: JSONNode.Value) -> Bool { if case .number = value { true } else { false } }
}

extension Bool: OptionValue {
    package static var expectation: String { "true or false" }
    package static func parse(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "yes", "on": true
        case "false", "0", "no", "off", "": false
        default: nil
        }
    }
    package static func isWritten(as value: JSONNode.Value) -> Bool { if case .bool = value { true } else { false } }
}

extension Duration: OptionValue {
    package static var expectation: String { "a duration such as 500ms, 30s, 5m, 2h or 3d" }

    package static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let amount = Double(digits), amount >= 0, amount < 1e9 else { return nil }
        switch text[digits.endIndex...] {
        case "ms": return .microseconds(Int64(amount * 1000))
        case "s": return .milliseconds(Int64(amount * 1000))
        case "m": return .milliseconds(Int64(amount * 60_000))
        case "h": return .milliseconds(Int64(amount * 3_600_000))
        case "d": return .milliseconds(Int64(amount * 86_400_000))
        default: return nil
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
