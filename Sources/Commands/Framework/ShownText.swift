import MeshCore

/// What others chose (ids, errors, results), made fit for the operator's terminal; before colours are added.
extension JSONNode {
    /// The text of a member as one line that drives no terminal.
    func shown(_ name: String) -> String { LogText.line(text(name)) }

    /// The text of a member as the lines that it has, a backtrace for one; those behind the first are indented.
    func shownLines(_ name: String) -> [String] {
        let lines = text(name).split(whereSeparator: \.isNewline).map { LogText.line(String($0)) }
        return lines.prefix(1) + lines.dropFirst().map { "      " + $0 }
    }

    /// The value as JSON text for people: the same value, without the control characters that JSON leaves as they are.
    func shownJSON(pretty: Bool = false) -> String {
        let text = rendered(pretty: pretty)
        guard text.utf8.contains(where: { $0 == 0x7F || $0 == 0xC2 || $0 == 0xE2 }) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            // All of them stand in strings, where an escape means the same.
            if scalar.value >= 0x7F, scalar.drivesTerminal {
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}

extension String {
    /// One line of at most `limit` columns of a terminal, with a space for each control character.
    func cutToLine(_ limit: Int) -> String {
        let flat = String(
            map { character in
                let isControl = character.unicodeScalars.contains(where: \.drivesTerminal)
                return isControl || character.isNewline ? " " : character
            })
        if flat.terminalColumns <= limit { return flat }
        var columns = 0
        return flat.prefix { character in
            columns += character.terminalColumns
            return columns < limit
        } + "…"
    }

    /// As a word of a shell's command line.
    var shellQuoted: String { "'\(LogText.line(self).replacing("'", with: #"'\''"#))'" }
}
