import MeshCore

/// Walks JSON text (RFC 8259) without building a tree: values are handed on as the bytes they are.
///
/// Strict: trailing commas, comments, unescaped control characters, duplicate members, and nesting beyond
/// `maximumDepth` are errors with their offset.
struct JSONCursor {
    struct Failure: Error, Equatable, CustomStringConvertible {
        var message: String
        var offset: Int
        var description: String { "\(message) at byte \(offset)" }
    }

    static let maximumDepth = 64

    let bytes: [UInt8]
    private(set) var offset = 0
    private var depth = 0
    private let depthLimit: Int

    /// Fails where `bytes` aren't UTF-8.
    init(_ bytes: [UInt8], depthLimit: Int = maximumDepth) throws(Failure) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Failure(message: "the text isn't UTF-8", offset: 0)
        }
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// Fails where `bytes` aren't one JSON value.
    static func check(_ bytes: [UInt8]) throws(Failure) {
        var cursor = try JSONCursor(bytes)
        _ = try cursor.value()
        try cursor.end()
    }

    /// The next byte that isn't white space, not taken; nil at the end.
    mutating func peek() -> UInt8? {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return bytes[offset]
            }
        }
        return nil
    }

    /// Fails where anything but white space is left.
    mutating func end() throws(Failure) {
        if peek() != nil { throw failure("something stands behind the value") }
    }

    /// Takes one value of any kind and returns where it stands.
    mutating func value() throws(Failure) -> Range<Int> {
        guard let first = peek() else { throw failure("a value is missing") }
        let start = offset
        switch first {
        case UInt8(ascii: "{"): try object { (_, cursor) throws(Failure) in _ = try cursor.value() }
        case UInt8(ascii: "["): try array { (_, cursor) throws(Failure) in _ = try cursor.value() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
        return start..<offset
    }

    /// Takes an object; `member` must take each value.
    mutating func object(_ member: (String, inout JSONCursor) throws(Failure) -> Void) throws(Failure) {
        try open("{", "an object")
        // Byte for byte, as the sandbox and the schema compare them.
        var names: Set<ExactText> = []
        if peek() != UInt8(ascii: "}") {
            while true {
                _ = peek()
                let at = offset
                let name = try string()
                guard names.insert(ExactText(name)).inserted else {
                    throw Failure(message: "the member '\(name.shortened)' stands twice", offset: at)
                }
                try take(":")
                try member(name, &self)
                guard peek() == UInt8(ascii: ",") else { break }
                offset += 1
            }
        }
        try take("}")
        depth -= 1
    }

    /// Takes an array; `element` must take each value.
    mutating func array(_ element: (Int, inout JSONCursor) throws(Failure) -> Void) throws(Failure) {
        try open("[", "an array")
        if peek() != UInt8(ascii: "]") {
            var index = 0
            while true {
                try element(index, &self)
                index += 1
                guard peek() == UInt8(ascii: ",") else { break }
                offset += 1
            }
        }
        try take("]")
        depth -= 1
    }

    /// Takes a string and returns what it says.
    mutating func string() throws(Failure) -> String {
        guard peek() == UInt8(ascii: "\"") else { throw failure("a string is missing") }
        offset += 1
        var text: [UInt8] = []
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape().utf8
            case 0..<0x20: throw Failure(message: "a control character stands in a string", offset: offset - 1)
            default: text.append(byte)
            }
        }
        throw failure("a string has no end")
    }

    /// Takes `true` or `false`.
    mutating func boolean() throws(Failure) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        default: throw failure("true or false is missing")
        }
        return bytes[offset - 2] == UInt8(ascii: "u")
    }

    private mutating func escape() throws(Failure) -> String {
        guard offset < bytes.count else { throw failure("a string has no end") }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(UnicodeScalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw Failure(message: "an escape isn't known", offset: offset - 1)
        }
    }

    private mutating func unicodeEscape() throws(Failure) -> String {
        let at = offset
        let unit = try hexadecimal()
        if let scalar = UnicodeScalar(UInt32(unit)) { return String(scalar) }
        guard UTF16.isLeadSurrogate(unit), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw Failure(message: "half a surrogate pair stands in a string", offset: at) }
        offset += 2
        let trail = try hexadecimal()
        guard UTF16.isTrailSurrogate(trail) else {
            throw Failure(message: "half a surrogate pair stands in a string", offset: at)
        }
        return String(decoding: [unit, trail], as: UTF16.self)
    }

    private mutating func hexadecimal() throws(Failure) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard offset < bytes.count, let digit = Character(UnicodeScalar(bytes[offset])).hexDigitValue else {
                throw failure("\\u wants four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }

    private mutating func number() throws(Failure) {
        let start = offset
        if peek() == UInt8(ascii: "-") { offset += 1 }
        let whole = digits()
        guard whole > 0 else {
            offset = start
            throw failure("a value is missing")
        }
        guard whole == 1 || bytes[offset - whole] != UInt8(ascii: "0") else {
            throw Failure(message: "a number starts with 0", offset: start)
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            guard digits() > 0 else { throw failure("a digit is missing") }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            guard digits() > 0 else { throw failure("a digit is missing") }
        }
    }

    private mutating func digits() -> Int {
        let start = offset
        while offset < bytes.count, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
        return offset - start
    }

    private mutating func literal(_ text: String) throws(Failure) {
        guard bytes[offset...].starts(with: text.utf8) else { throw failure("a value is missing") }
        offset += text.utf8.count
    }

    private mutating func open(_ character: UnicodeScalar, _ what: String) throws(Failure) {
        guard peek() == UInt8(ascii: character) else { throw failure("\(what) is missing") }
        offset += 1
        depth += 1
        guard depth <= depthLimit else {
            throw failure("the value is nested deeper than \(depthLimit) levels")
        }
    }

    private mutating func take(_ character: UnicodeScalar) throws(Failure) {
        guard peek() == UInt8(ascii: character) else { throw failure("'\(character)' is missing") }
        offset += 1
    }

    private func failure(_ message: String) -> Failure { Failure(message: message, offset: offset) }
}
