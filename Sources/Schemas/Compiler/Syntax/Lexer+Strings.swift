extension Lexer {
    /// A string on one line, `"…"`.
    mutating func string() -> Token {
        let start = mark
        advance()
        var text = ""
        while !isAtEnd {
            switch peek() {
            case UInt8(ascii: "\""):
                advance()
                return token(.string, text, start)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                return unterminated(start, text, "this string never ends; close it with `\"` on the same line")
            case UInt8(ascii: "\\"):
                if let scalar = escape() { text.unicodeScalars.append(scalar) }
            default:
                let character = mark
                guard let scalar = advanceScalar() else { continue }
                if scalar.value < 0x20, scalar != "\t" {
                    report(
                        character,
                        "a string can't hold the control character U+\(String(scalar.value, radix: 16)); write it as `\\u00\(String(scalar.value, radix: 16))`"
                    )
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return unterminated(start, text, "this string never ends; close it with `\"` on the same line")
    }

    /// A string in single quotes, which is reported once and kept; nil where it isn't closed on its line.
    mutating func singleQuoted() -> Token? {
        var ahead = 1
        while peek(ahead) != UInt8(ascii: "'") {
            guard peek(ahead) >= 0x20, peek(ahead) < 0x80 else { return nil }
            ahead += 1
        }
        let start = (position, mark)
        advance(ahead + 1)
        report(start.1, "`'` can't stand here; strings stand in double quotes")
        return token(.string, String(text(from: start.0).dropFirst().dropLast()), start.1)
    }

    private func unterminated(_ start: Mark, _ text: String, _ message: String) -> Token {
        report(start, message)
        return token(.string, text, start, isBroken: true)
    }

    /// Steps over an escape in a string and returns what it stands for; nil (and a report) if it is none.
    private mutating func escape() -> Unicode.Scalar? {
        let start = mark
        advance()
        let letter = peek()
        guard !isAtEnd, letter != UInt8(ascii: "\n"), letter != UInt8(ascii: "\r") else { return nil }
        let simple: [UInt8: Unicode.Scalar] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
            UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        if let scalar = simple[letter] {
            advance()
            return scalar
        }
        if letter == UInt8(ascii: "u") {
            advance()
            guard let unit = hexadecimal(4) else { return reportEscape(start) }
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // Two UTF-16 units make one scalar.
            guard (0xD800..<0xDC00).contains(unit), hasPrefix("\\u") else { return reportEscape(start) }
            advance(2)
            guard let low = hexadecimal(4), (0xDC00..<0xE000).contains(low) else { return reportEscape(start) }
            return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        }
        _ = advanceScalar()
        report(
            start,
            "`\\\(letter < 0x80 ? String(Unicode.Scalar(letter)) : "")` isn't an escape of a string; a backslash itself is written `\\\\`"
        )
        return nil
    }

    private func reportEscape(_ start: Mark) -> Unicode.Scalar? {
        report(start, "`\\u` wants four hexadecimal digits that make a Unicode scalar, such as `\\u00e9`")
        return nil
    }

    private mutating func hexadecimal(_ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = peek().hexadecimalValue else { return nil }
            value = value << 4 | UInt32(digit)
            advance()
        }
        return value
    }

    /// A string over several lines, `"""…"""`; common indentation is removed as in GraphQL.
    mutating func blockString() -> Token {
        let start = mark
        advance(3)
        var lines = [""]
        while !isAtEnd {
            if hasPrefix("\"\"\"") {
                advance(3)
                return token(.blockString, Lexer.withoutIndentation(lines), start)
            }
            if hasPrefix("\\\"\"\"") {
                advance(4)
                lines[lines.count - 1] += "\"\"\""
            } else if advanceLineBreak() {
                lines.append("")
            } else if let scalar = advanceScalar() {
                lines[lines.count - 1].unicodeScalars.append(scalar)
            }
        }
        report(start, "this block string never ends; close it with `\"\"\"`")
        return token(.blockString, "", start, isBroken: true)
    }

    private static func withoutIndentation(_ lines: [String]) -> String {
        let isBlank: (String) -> Bool = { $0.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
        let indentation =
            lines.dropFirst().filter { !isBlank($0) }
            .map { $0.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count }.min() ?? 0
        var result = lines.enumerated().map {
            $0 == 0 ? $1 : String(decoding: $1.utf8.dropFirst(indentation), as: UTF8.self)
        }
        while let first = result.first, isBlank(first) { result.removeFirst() }
        while let last = result.last, isBlank(last) { result.removeLast() }
        return result.joined(separator: "\n")
    }
}

extension UInt8 {
    /// What it counts for as a hexadecimal digit.
    var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
