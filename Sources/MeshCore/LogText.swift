/// Makes text fit for a log that people read: what guests and strangers wrote can't pass for an entry of its own, nor drive a terminal.
enum LogText {
    /// Appends `text`; further lines are indented behind a bar, other control characters are written as `\u{1b}`.
    static func append(_ text: String, to line: inout String) {
        // Everything that may need care is below the space, is DEL, or begins with the byte C2 (the second set of controls).
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0xC2 }) { return line.append(text) }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += "\n    | "
            case "\t": line += "\t"
            default:
                if scalar.properties.generalCategory == .control {
                    line += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    line.unicodeScalars.append(scalar)
                }
            }
        }
    }
}
