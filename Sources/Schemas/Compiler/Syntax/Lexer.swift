/// Splits a document into tokens; commas, comments and white space separate them.
///
/// Never fails: what it can't read it reports and skips.
struct Lexer {
    /// Longer documents are refused before they are read.
    static let maximumBytes = 1 << 20

    private let bytes: [UInt8]
    private let path: String
    private let sink: DiagnosticSink
    private(set) var position = 0
    private(set) var line = 1
    private var lineStart = 0
    /// Continuation bytes seen on this line, so that columns count scalars.
    private var continuations = 0

    init(_ source: SchemaSource, sink: DiagnosticSink) {
        bytes = source.bytes
        path = source.path
        self.sink = sink
    }

    /// All tokens; the last one is the end of the file.
    static func tokens(of source: SchemaSource, sink: DiagnosticSink) -> [Token] {
        var lexer = Lexer(source, sink: sink)
        guard source.bytes.count <= maximumBytes else {
            sink.report(
                lexer.location,
                "the document has \(source.bytes.count) bytes; at most \(maximumBytes) are read, so split it up")
            return [Token(kind: .endOfFile, text: "", line: 1, column: 1, endLine: 1, isBroken: true)]
        }
        var tokens: [Token] = []
        tokens.reserveCapacity(source.bytes.count / 5 + 1)
        lexer.skipByteOrderMark()
        while let token = lexer.next() { tokens.append(token) }
        tokens.append(lexer.token(.endOfFile, "", lexer.mark))
        return tokens
    }

    // MARK: Places

    struct Mark {
        var line: Int
        var column: Int
    }

    var mark: Mark { Mark(line: line, column: position - lineStart - continuations + 1) }
    var location: SourceLocation { location(mark) }

    func location(_ mark: Mark) -> SourceLocation { SourceLocation(file: path, line: mark.line, column: mark.column) }

    func token(_ kind: Token.Kind, _ text: String, _ mark: Mark, isBroken: Bool = false) -> Token {
        Token(kind: kind, text: text, line: mark.line, column: mark.column, endLine: line, isBroken: isBroken)
    }

    func report(_ mark: Mark, _ message: @autoclosure () -> String) { sink.report(location(mark), message()) }

    // MARK: Characters

    var isAtEnd: Bool { position >= bytes.count }

    func peek(_ ahead: Int = 0) -> UInt8 { position + ahead < bytes.count ? bytes[position + ahead] : 0 }

    func hasPrefix(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { expected in
            position + expected.count <= bytes.count
                && (0..<expected.count).allSatisfy { bytes[position + $0] == expected[$0] }
        }
    }

    func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    /// Steps over one byte of ASCII that isn't a line break.
    mutating func advance(_ count: Int = 1) { position += count }

    /// Steps over one scalar of any kind and returns it; nil (and a report) for bytes that aren't UTF-8.
    mutating func advanceScalar() -> Unicode.Scalar? {
        let byte = bytes[position]
        if byte < 0x80 {
            if !advanceLineBreak() { position += 1 }
            return Unicode.Scalar(byte)
        }
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
        let end = min(position + length, bytes.count)
        let slice = bytes[position..<end]
        guard let scalar = String(validating: slice, as: UTF8.self)?.unicodeScalars.first else {
            report(mark, "this byte (0x\(String(byte, radix: 16))) isn't UTF-8; save the document as UTF-8")
            position += 1
            return nil
        }
        position = end
        continuations += slice.count - 1
        return scalar
    }

    /// Steps over a line break (`\n`, `\r\n` or `\r`), if there is one.
    mutating func advanceLineBreak() -> Bool {
        switch peek() {
        case UInt8(ascii: "\n"): position += 1
        case UInt8(ascii: "\r"): position += peek(1) == UInt8(ascii: "\n") ? 2 : 1
        default: return false
        }
        line += 1
        lineStart = position
        continuations = 0
        return true
    }

    private mutating func skipByteOrderMark() {
        if hasPrefix("\u{FEFF}") {
            position += 3
            lineStart = 3
        }
    }

    private mutating func skipIgnored() {
        while !isAtEnd {
            switch peek() {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ","): position += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): _ = advanceLineBreak()
            case UInt8(ascii: "#"):
                while !isAtEnd, peek() != UInt8(ascii: "\n"), peek() != UInt8(ascii: "\r") { _ = advanceScalar() }
            default: return
            }
        }
    }

    // MARK: Tokens

    /// The next token; nil at the end.
    private mutating func next() -> Token? {
        while true {
            skipIgnored()
            guard !isAtEnd else { return nil }
            switch peek() {
            case UInt8(ascii: "\""): return hasPrefix("\"\"\"") ? blockString() : string()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
            case let byte where byte.isNameStart || byte >= 0x80:
                if let token = name() { return token }
            case UInt8(ascii: "@"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ":"), UInt8(ascii: "!"), UInt8(ascii: "="):
                let start = mark
                advance()
                return token(.punctuator, text(from: position - 1), start)
            case UInt8(ascii: "'"):
                if let token = singleQuoted() { return token }
                skipStray()
            default: skipStray()
            }
        }
    }

    /// A name. One with characters beyond ASCII is reported once and kept, so that nothing else goes wrong from it; nil
    /// for characters that can't be meant as part of a name.
    private mutating func name() -> Token? {
        let start = (position, mark)
        var foreign: Unicode.Scalar?
        while !isAtEnd, peek().isNamePart || peek() >= 0x80 {
            let scalar = advanceScalar()
            if let scalar, scalar.value >= 0x80, foreign == nil { foreign = scalar }
        }
        let text = text(from: start.0)
        guard let foreign else { return text.utf8.first?.isNameStart == true ? token(.name, text, start.1) : nil }
        let isWord = text.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
        report(
            start.1,
            isWord
                ? "`\(text.shortened)` has the character `\(foreign)`; names are ASCII letters, digits and `_`"
                : "`\(foreign)` (U+\(String(foreign.value, radix: 16, uppercase: true))) can't stand here; remove it")
        let kept = isWord ? text : String(decoding: text.utf8.filter { $0 < 0x80 }, as: UTF8.self)
        return isWord || kept.utf8.first?.isNameStart == true ? token(.name, kept, start.1) : nil
    }

    private mutating func skipStray() {
        let start = mark
        guard let scalar = advanceScalar() else { return }
        while !isAtEnd, bytes[position] == UInt8(truncatingIfNeeded: scalar.value) { _ = advanceScalar() }
        let hint =
            switch scalar {
            case ";": "; members are separated by line breaks or commas"
            case "'": "; strings stand in double quotes"
            case "|", "&": "; unions and interfaces aren't part of the language"
            case "/": "; a comment starts with `#`"
            case "?": "; a type without `!` is nullable already"
            default: "; remove it"
            }
        let shown = scalar.value < 0x20 || scalar.value == 0x7F ? "U+\(String(scalar.value, radix: 16))" : "\(scalar)"
        report(start, "`\(shown)` can't stand here\(hint)")
    }

    private mutating func number() -> Token {
        let start = (position, mark)
        var kind = Token.Kind.integer
        if peek() == UInt8(ascii: "-") { advance() }
        let digits = position
        skipDigits()
        var isValid = position > digits && (bytes[digits] != UInt8(ascii: "0") || position == digits + 1)
        if peek() == UInt8(ascii: "."), peek(1).isDigit {
            kind = .float
            advance()
            skipDigits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            kind = .float
            advance()
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { advance() }
            isValid = isValid && peek().isDigit
            skipDigits()
        }
        while !isAtEnd, peek().isNamePart || peek() == UInt8(ascii: ".") {
            isValid = false
            advance()
        }
        let text = text(from: start.0)
        if !isValid {
            let isMeasure = text.utf8.first?.isDigit == true && text.utf8.last?.isDigit == false
            let hint =
                isMeasure
                ? "; durations and sizes stand in quotes: `\"\(text.shortened)\"`"
                : "; numbers are written like `42`, `-1` or `0.5`"
            report(start.1, "`\(text.shortened)` isn't a number, and names begin with a letter\(hint)")
        }
        var number = token(kind, isValid ? text : "0", start.1)
        number.isReported = !isValid
        return number
    }

    private mutating func skipDigits() { while peek().isDigit { advance() } }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isNameStart: Bool {
        self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z") || self == UInt8(ascii: "_")
    }
    var isNamePart: Bool { isNameStart || isDigit }
}
