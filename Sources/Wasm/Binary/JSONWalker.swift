import MeshCore

/// Walks over JSON text, one token at a time.
struct JSONWalker {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return next == nil
        }
    }

    /// Takes `byte` after white space, if it is there.
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    /// The raw text of any value.
    mutating func value(_ depth: Int) -> String? {
        skipSpace()
        let start = at
        guard skipValue(depth) else { return nil }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func skipValue(_ depth: Int) -> Bool {
        guard depth > 0 else { return false }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return skipContainer(depth, close: UInt8(ascii: "}"), isObject: true)
        case UInt8(ascii: "["): return skipContainer(depth, close: UInt8(ascii: "]"), isObject: false)
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "t"): return skipWord("true")
        case UInt8(ascii: "f"): return skipWord("false")
        case UInt8(ascii: "n"): return skipWord("null")
        default: return skipNumber()
        }
    }

    private mutating func skipContainer(_ depth: Int, close: UInt8, isObject: Bool) -> Bool {
        at += 1
        if take(close) { return true }
        var names: Set<ExactText> = []
        repeat {
            if isObject {
                skipSpace()
                // A name twice is refused at any depth, as it is at the edges: readers disagree about which of them counts.
                guard let name = string(), names.insert(ExactText(name)).inserted, take(UInt8(ascii: ":")) else {
                    return false
                }
            }
            guard skipValue(depth - 1) else { return false }
        } while take(UInt8(ascii: ","))
        return take(close)
    }

    private mutating func skipWord(_ word: String) -> Bool {
        guard bytes[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    private mutating func skipNumber() -> Bool {
        if next == UInt8(ascii: "-") { at += 1 }
        if next == UInt8(ascii: "0") { at += 1 } else if !skipDigits() { return false }
        if next == UInt8(ascii: ".") {
            at += 1
            guard skipDigits() else { return false }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            guard skipDigits() else { return false }
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = at
        while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
        return at > start
    }

    /// A string literal, escapes resolved.
    mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var text: [UInt8] = []
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicodeEscape()
        default: return nil
        }
    }

    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let unit = hexadecimalUnit() else { return nil }
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        // The first half of a pair: the second must follow.
        guard bytes[at...].starts(with: "\\u".utf8) else { return nil }
        at += 2
        guard let low = hexadecimalUnit(), (0xDC00..<0xE000).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hexadecimalUnit() -> UInt32? {
        guard bytes.count - at >= 4 else { return nil }
        let digits = bytes[at..<(at + 4)]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        at += 4
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
