/// Makes text fit for a log or a terminal that people read: what guests and strangers wrote can't pass for an entry of its own, nor drive
/// the terminal.
package enum LogText {
    /// How a line begins that goes on with the entry before it.
    package static let continuation = "    | "

    /// Appends `text`; further lines are indented behind a bar, other control characters are written as `\u{1b}`.
    package static func append(_ text: String, to line: inout String) {
        append(text, to: &line, newline: "\n" + continuation)
    }

    /// `text` as one line: with each control character but the tab as `\u{1b}`.
    package static func line(_ text: String) -> String {
        var line = ""
        append(text, to: &line, newline: "\\u{a}")
        return line
    }

    /// `text` with its lines as they are, and other control characters as `\u{1b}`.
    package static func lines(_ text: String) -> String {
        var lines = ""
        append(text, to: &lines, newline: "\n")
        return lines
    }

    private static func append(_ text: String, to line: inout String, newline: String) {
        // Everything that may need care is below the space, is DEL, or begins with C2 (the second set of controls) or E2 (directions).
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0xC2 && $0 != 0xE2 }) {
            return line.append(text)
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += newline
            case "\t": line += "\t"
            default:
                if scalar.drivesTerminal {
                    line += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    line.unicodeScalars.append(scalar)
                }
            }
        }
    }
}

extension Unicode.Scalar {
    /// Whether it does something to a terminal in place of being shown: a control, or what turns the direction of the text around it, so that a
    /// line reads as another one.
    package var drivesTerminal: Bool {
        switch value {
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: properties.generalCategory == .control
        }
    }
}
