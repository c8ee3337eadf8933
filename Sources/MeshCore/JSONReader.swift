/// Reads JSON (RFC 8259) into nodes with positions; for configuration files and answers, not for messages.
package struct JSONReader {
    /// What is wrong with a text, and where.
    package struct Problem: Error, Equatable {
        package let line: Int
        package let column: Int
        package let message: String
    }

    /// What the mesh keeps is nested 64 deep at most; an answer has it within objects and arrays of its own.
    private static let maximumDepth = 80
    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var line = 1
    private var column = 1
    private var depth = 0

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The value that `text` holds.
    package static func read(_ text: String) throws(Problem) -> JSONNode {
        var reader = JSONReader(text)
        let node = try reader.value()
        reader.skipSpace()
        guard reader.peek == nil else { throw reader.problem("text after the end of the value") }
        return node
    }

    private var peek: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    private func problem(_ message: String) -> Problem { Problem(line: line, column: column, message: message) }

    private mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        at += 1
        if scalar == "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
        return scalar
    }

    private mutating func skipSpace() {
        while let scalar = peek, scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r" { _ = next() }
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(Problem) {
        skipSpace()
        guard peek == scalar else { throw problem("expected '\(scalar)'\(found)") }
        _ = next()
    }

    private var found: String { peek.map { ", found '\($0)'" } ?? " before the end of the file" }

    private mutating func value() throws(Problem) -> JSONNode {
        skipSpace()
        let (startLine, startColumn) = (line, column)
        depth += 1
        defer { depth -= 1 }
        guard depth <= JSONReader.maximumDepth else { throw problem("nested deeper than \(JSONReader.maximumDepth)") }
        let value: JSONNode.Value
        switch peek {
        case "{": value = .object(try object())
        case "[": value = .array(try array())
        case "\"": value = .string(try string())
        case "t", "f", "n": value = try word()
        case let scalar? where scalar == "-" || ("0"..."9").contains(scalar): value = .number(try number())
        default: throw problem("expected a value\(found)")
        }
        return JSONNode(value: value, line: startLine, column: startColumn)
    }

    private mutating func object() throws(Problem) -> [JSONNode.Member] {
        try expect("{")
        var members: [JSONNode.Member] = []
        var names: Set<ExactText> = []
        skipSpace()
        if peek == "}" {
            _ = next()
            return []
        }
        repeat {
            skipSpace()
            let (startLine, startColumn) = (line, column)
            guard peek == "\"" else { throw problem("expected a name in double quotes\(found)") }
            let name = try string()
            guard names.insert(ExactText(name)).inserted else {
                throw Problem(line: startLine, column: startColumn, message: "'\(name)' is given twice")
            }
            try expect(":")
            members.append(JSONNode.Member(name: name, line: startLine, column: startColumn, node: try value()))
        } while try another("}")
        return members
    }

    private mutating func array() throws(Problem) -> [JSONNode] {
        try expect("[")
        var elements: [JSONNode] = []
        skipSpace()
        if peek == "]" {
            _ = next()
            return []
        }
        repeat { elements.append(try value()) } while try another("]")
        return elements
    }

    /// After an element: true at a comma, false at the closing bracket, which is taken.
    private mutating func another(_ close: Unicode.Scalar) throws(Problem) -> Bool {
        skipSpace()
        guard peek == "," || peek == close else { throw problem("expected ',' or '\(close)'\(found)") }
        return next() == ","
    }

    private mutating func word() throws(Problem) -> JSONNode.Value {
        let start = self
        var text = ""
        while let scalar = peek, scalar.properties.isAlphabetic { text.unicodeScalars.append(next() ?? scalar) }
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default: throw start.problem("expected a value, found '\(text)'")
        }
    }

    private mutating func number() throws(Problem) -> String {
        let start = self
        var text = ""
        while let scalar = peek, "+-.eE0123456789".unicodeScalars.contains(scalar) {
            text.unicodeScalars.append(next() ?? scalar)
        }
        let digits = text.drop { $0 == "-" }
        let hasLeadingZero = digits.hasPrefix("0") && digits.dropFirst().first?.isNumber == true
        let hasBareDot =
            text.contains(".")
            && (digits.hasPrefix(".") || !(text.drop { $0 != "." }.dropFirst().first?.isNumber ?? false))
        guard Double(text) != nil, digits.first?.isNumber == true, !hasLeadingZero, !hasBareDot else {
            throw start.problem("'\(text)' is not a number")
        }
        return text
    }

    private mutating func string() throws(Problem) -> String {
        try expect("\"")
        var text = String.UnicodeScalarView()
        while true {
            guard let scalar = peek, scalar.value >= 0x20 else {
                throw problem("the text has no closing quote on its line")
            }
            _ = next()
            if scalar == "\"" { return String(text) }
            text.append(scalar == "\\" ? try escape() : scalar)
        }
    }

    private mutating func escape() throws(Problem) -> Unicode.Scalar {
        let start = self
        switch next() {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case let scalar? where scalar == "\"" || scalar == "\\" || scalar == "/": return scalar
        case "u":
            let high = try hexadecimal()
            if let scalar = Unicode.Scalar(high) { return scalar }
            guard (0xD800..<0xDC00).contains(high), next() == "\\", next() == "u" else {
                throw start.problem("a lone surrogate is no character")
            }
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
            else { throw start.problem("a lone surrogate is no character") }
            return scalar
        default: throw start.problem("unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let scalar = next(), let digit = Character(scalar).hexDigitValue else {
                throw problem("\\u needs four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
